"""Run an experiment: stages, units, supervision, resume and live preview."""
