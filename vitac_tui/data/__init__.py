"""Reading a dataset: sample table, layouts, lists, groups and splits. No torch."""
