"""Runs as text: event lines, tables, live progress. Shared by --batch, follow, show and runs."""
