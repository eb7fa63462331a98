"""The commands: their tables and the parser, and a module for each that is imported when called."""
