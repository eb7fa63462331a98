"""The training loop, optimisers, schedules, precision, devices and checkpoints."""
