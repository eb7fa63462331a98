"""Import everything that a run may need before its first unit.

A run takes hours, and the package may be upgraded during that time. A late import would then load
another version.
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
    """Import the engine and all implementations in its registries."""
    for name in PACKAGES:
        package = import_module(f"{vitac_tui.__name__}.{name}")
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    for reference in set(implementations()):
        with suppress(UserError):  # a plug-in that this run does not use
            implementation(reference)
