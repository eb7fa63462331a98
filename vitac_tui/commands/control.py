"""`stop`, `pause` and `unpause`: requests to a live run, on this host or another."""

from __future__ import annotations

import argparse
import sys
import time

from vitac_tui.errors import ExitCode, UserError, one_line
from vitac_tui.runs import control, directory, events, log, status
from vitac_tui.runs.directory import RunDir

PATIENCE_S = 10.0  # a shared file system may take a while to show a file
POLL_S = 0.05


def stop(args: argparse.Namespace) -> int:
    """Stop a run after the current batch, or at once."""
    return _ask(args, "stop_now" if args.now else "stop")


def pause(args: argparse.Namespace) -> int:
    """Pause a run after the current batch."""
    return _ask(args, "pause")


def unpause(args: argparse.Namespace) -> int:
    """Let a paused run continue."""
    return _ask(args, "unpause")


def _ask(args: argparse.Namespace, what: control.What) -> int:
    run = directory.locate(args.runs, args.run_name)
    state, reason = status.shown(status.read(run.status))
    if state not in status.LIVE:
        why = f" ({reason})" if reason else ""
        raise UserError(f"is {state}{why}", where=run.name, remedy="only a live run takes requests")
    reader = log.LogReader(run.events)
    for _ in reader.new():
        pass  # skip what is there already, so that only the answer is read below
    try:
        request = control.ask(run.control, what)
    except OSError as problem:
        raise UserError(
            f"you cannot send requests to this run ({problem.strerror})", where=str(run.control)
        ) from None
    return _wait_for_answer(run, reader, request)


def _wait_for_answer(run: RunDir, reader: log.LogReader, request: control.Request) -> int:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        for record in reader.new():
            event = record.event
            if isinstance(event, events.RequestAnswered) and event.id == request.id:
                print(one_line(f"{run.name}: {event.answer}"))
                return ExitCode.DONE
            if isinstance(event, events.RunEnded):
                raise UserError(f"was {event.state} before it saw the request", where=run.name)
        time.sleep(POLL_S)
    text = f"{run.name}: no answer yet; the run answers as soon as it sees the request"
    print(one_line(text), file=sys.stderr)
    return ExitCode.FAILED
