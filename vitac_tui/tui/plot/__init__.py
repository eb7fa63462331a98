"""Plots in terminal cells: scales, drawing, and the widget."""
