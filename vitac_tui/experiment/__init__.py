"""Settings and the declarations of what users choose; presets and their schema. No torch."""
