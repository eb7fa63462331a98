"""Start another Python process of this package, whatever the working directory holds."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import vitac_tui


def module_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this package, for use with `child_environment`.

    `-P` keeps the working directory out of `sys.path`: it is the user's and may hold a `torch.py`.
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def child_environment() -> dict[str, str]:
    """Return this process's environment, in which a plain checkout of the package is importable."""
    checkout = Path(vitac_tui.__file__).parents[1]
    if not (checkout / "pyproject.toml").is_file():
        return dict(os.environ)  # site-packages must not precede the standard library
    paths = [str(checkout), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
