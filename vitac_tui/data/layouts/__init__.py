"""Dataset layouts: each module has a function that reads one."""
