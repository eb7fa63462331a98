"""The run as a process: supervision, requests, full disks, environment, TensorBoard."""
