"""Common options as the commands use them."""

from __future__ import annotations

import argparse


def sets(args: argparse.Namespace) -> tuple[str, ...]:
    """All `--set` texts; `--device D` and `--allow-overlap` are short for one each."""
    device = (f"device={args.device}",) if args.device else ()
    overlap = ("evaluate.allow_overlap=true",) if args.allow_overlap else ()
    return (*args.sets, *device, *overlap)
