"""Intervals, tests and choices that stay valid when images come in groups. NumPy and SciPy only."""
