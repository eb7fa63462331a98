"""Does this split leak? Near-duplicates, baselines, findings and the verdict. No torch."""
