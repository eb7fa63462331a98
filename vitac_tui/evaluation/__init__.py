"""Accuracy with intervals, and model cost: parameters, weights, MACs, bytes, latency."""

from vitac_tui.statistics.intervals import accuracy_interval, paired_interval

__all__ = ["accuracy_interval", "paired_interval"]
