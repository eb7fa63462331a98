"""Architectures, initial weights, and model files without pickle."""
