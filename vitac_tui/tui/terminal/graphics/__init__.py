"""Pictures in pixels, where the terminal can: kitty's graphics protocol and sixel."""
