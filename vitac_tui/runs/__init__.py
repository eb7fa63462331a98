"""The record of a run: events, log, directory, status, control. No torch."""
