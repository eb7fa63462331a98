"""One module a command; `cli` imports the one that is called."""
