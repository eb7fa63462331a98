"""Metrics with intervals, and cost: parameters, weights, MACs, bytes, latency."""
