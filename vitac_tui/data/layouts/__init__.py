"""Readers of dataset layouts; each turns a folder into samples."""
