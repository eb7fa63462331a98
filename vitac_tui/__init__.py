"""vitac-tui: from a visuo-tactile image dataset to a small, fast, trustworthy classifier."""

__version__ = "0.1.0"
