"""The app: a reader of runs, and the place where they are started and steered. No torch."""
