"""Importing everything that a run may need before its first unit.

A run takes hours, and the package may be upgraded while it runs. A module imported late would then
be of another version than the rest.
"""

from __future__ import annotations

import pkgutil
from contextlib import suppress
from importlib import import_module

import vitac_tui
from vitac_tui.errors import UserError
from vitac_tui.experiment.registries import implementation, implementations

PACKAGES = (
    "audit",
    "data",
    "evaluation",
    "images",
    "loading",
    "models",
    "pruning",
    "runs",
    "sampleset",
    "system",
    "training",
    "worker",
)


def import_everything() -> None:
    """Import the engine and every implementation that a registry names."""
    for name in PACKAGES:
        package = import_module(f"{vitac_tui.__name__}.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    for reference in set(implementations()):
        with suppress(UserError):  # a broken plug-in; this run does not use it
            implementation(reference)
