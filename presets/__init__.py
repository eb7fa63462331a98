"""The presets that come with vitac-tui, one TOML file each."""
