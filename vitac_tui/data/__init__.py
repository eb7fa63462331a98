"""Layouts, the sample table, splits and groups, checks, decoding and the cache. No torch."""
