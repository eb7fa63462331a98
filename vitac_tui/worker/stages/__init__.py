"""The stages of an experiment: train, prune, sweep, score, assess, test, seal."""
