"""Reading datasets: sample table, image sources, layouts, lists, groups, splits. No torch."""
