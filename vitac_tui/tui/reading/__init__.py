"""What the screens show of runs and datasets, computed without Textual."""
