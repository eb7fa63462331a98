"""Building the decoded cache, and batches on the device."""
