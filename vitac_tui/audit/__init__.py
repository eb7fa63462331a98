"""Checks whether a split leaks: overlaps, near-duplicates, baselines, findings and verdict."""
