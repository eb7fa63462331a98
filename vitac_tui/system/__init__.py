"""The operating system: folders, memory, processes, locks, atomic writes, safe file reads."""
