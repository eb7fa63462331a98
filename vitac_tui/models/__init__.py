"""Architectures, weights, and shape-faithful files without pickle."""
