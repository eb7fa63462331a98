"""Generators of reference pages and tables: `python docs/generate/pages.py` writes them all."""
