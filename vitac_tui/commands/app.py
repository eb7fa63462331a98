"""`vitac-tui` without a command."""

from __future__ import annotations

import argparse

from vitac_tui.errors import UserError


def run(args: argparse.Namespace) -> int:
    """Say what there is instead: this version has no app yet."""
    raise UserError(
        "this version has no screens yet",
        remedy="run a preset with --batch PRESET, try `vitac-tui demo`, or see --help",
    )
