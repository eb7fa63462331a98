"""The process that runs next to the app and knows torch: sizes and scores pruning steps."""
