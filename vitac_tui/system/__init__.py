"""Ground floor: user directories, memory limits, atomic writes, safe file reads, locks."""
