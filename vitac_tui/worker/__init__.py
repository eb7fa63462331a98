"""Executes an experiment: units in order, supervision, resume, replay."""
