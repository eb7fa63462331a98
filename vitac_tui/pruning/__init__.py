"""Pruning steps, masks, batch-norm re-estimation, and the choice of the amount."""
