"""The preview process of the app, which imports torch to size and evaluate pruning steps."""
