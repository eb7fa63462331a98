"""The terminal itself: guarding the screen from stray output, signals, pixel graphics."""
