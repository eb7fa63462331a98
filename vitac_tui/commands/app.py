"""`vitac-tui` and `attach [RUN]`: open the app, on the list of runs or on one run."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from vitac_tui.errors import ExitCode, UserError
from vitac_tui.runs import directory
from vitac_tui.runs.directory import RunDir


def run(args: argparse.Namespace) -> int:
    """Open the app on the list of runs."""
    return _open(args, None)


def attach(args: argparse.Namespace) -> int:
    """Open the app on a run, live or finished, of this host or another."""
    run = directory.locate(args.runs, args.run_name)
    run.require_readable()
    return _open(args, run)


def _open(args: argparse.Namespace, run: RunDir | None) -> int:
    if not (sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"):
        raise UserError(
            "the app needs a terminal",
            remedy="without one, use `vitac-tui run PRESET` and `vitac-tui follow RUN`",
        )
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")  # over SSH they cost bytes and show nothing
    from vitac_tui.tui.terminal import guard, signals
    from vitac_tui.tui.terminal.graphics import choice

    ascii = guard.ascii_only()
    images = choice.wanted(os.environ, ascii=ascii)
    with guard.guarded() as log:
        from vitac_tui.tui.app import VitacApp

        app = VitacApp(args.runs, attach=run, ascii=ascii, images=images)
        code = asyncio.run(signals.shown(app))
        crashed = app.crash
    if crashed:
        print(f"vitac-tui: unexpected error: {crashed}; see {log}", file=sys.stderr)
        code = ExitCode.FAILED
    return signals.end(ExitCode.DONE if code is None else code)
