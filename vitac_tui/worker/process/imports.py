"""Importing all that a run may need before its first unit.

A run lives for hours, and the package below it may be upgraded meanwhile; what is imported late
would then be of another version than what runs.
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
    "statistics",
    "system",
    "training",
    "worker",
)


def import_everything() -> None:
    """Import the engine and whatever its registries name."""
    for name in PACKAGES:
        package = import_module(f"{vitac_tui.__name__}.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    for reference in set(implementations()):
        with suppress(UserError):  # a plug-in that this run has no use for
            implementation(reference)
