"""Common options as the commands use them."""

from __future__ import annotations

import argparse


def sets(args: argparse.Namespace) -> tuple[str, ...]:
    """All `--set` texts; `--device D` is short for one."""
    device = (f"device={args.device}",) if args.device else ()
    return (*args.sets, *device)
