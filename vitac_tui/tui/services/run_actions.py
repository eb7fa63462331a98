"""What the screens can have done to runs: start, resume, ask. Nothing here knows Textual.

Everything blocks and belongs in a thread of the app's.
"""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Sequence
from pathlib import Path

from vitac_tui.errors import UserError, counted
from vitac_tui.runs import control, directory, launch, log, results, status
from vitac_tui.runs.claim import claimed
from vitac_tui.runs.compare import differences
from vitac_tui.runs.control import What
from vitac_tui.runs.directory import RunDir


class CancelledError(Exception):
    """The user has cancelled the start of a run."""


def new_run(root: Path | None, name: str) -> RunDir:
    """Return the directory of a new run of an experiment; nothing is made yet."""
    return RunDir((root or directory.DEFAULT_ROOT) / directory.new_name(name))


def start(
    run: RunDir,
    preset: str,
    root: Path | None,
    *,
    sets: Sequence[str] = (),
    cancelled: threading.Event | None = None,
) -> None:
    """Start a detached run and wait until it has begun.

    Args:
        run: where it goes; from `new_run`.
        preset: what `run` takes: a name or a path.
        root: where runs are; None: ./runs, and a run that the preset names may be elsewhere.
        sets: `key=value` texts.
        cancelled: ends the process when set.

    Raises:
        UserError: the message of the process, if it did not begin.
        CancelledError: `cancelled` was set in time.
    """
    given = [part for text in sets for part in ("--set", text)]
    _launch(["--batch", preset, *_below(root), "--run", run.name, *given], run, cancelled)


def replay(
    source: RunDir, run: RunDir, root: Path | None, cancelled: threading.Event | None = None
) -> None:
    """Start a detached run of the experiment of a finished run; otherwise as `start`."""
    source_path = str(source.path.resolve())
    _launch(["replay", source_path, *_below(root), "--run", run.name], run, cancelled)


def resume(run: RunDir, cancelled: threading.Event | None = None) -> None:
    """Continue a run in a detached process; otherwise as `start`."""
    with claimed(run):  # its log alone does not tell whether another process writes it
        pass
    _launch(["resume", str(run.path.resolve())], run, cancelled)


def _below(root: Path | None) -> list[str]:
    return [] if root is None else ["--runs", str(root)]


def _launch(arguments: Sequence[str], run: RunDir, cancelled: threading.Event | None) -> None:
    new = not run.path.exists()
    arguments = [*arguments, "--as-detached", "--quiet"]
    code, output = launch.detach(arguments, run.path.resolve(), cancelled)
    if code is None:
        return
    if cancelled is not None and cancelled.is_set():
        if new and run.path.exists():
            delete(run)  # it had been made, and nothing had happened in it
        raise CancelledError
    lines = [line for line in output.splitlines() if line.strip()]
    text = lines[-1] if lines else f"the run ended with exit code {code}"
    raise UserError(text.removeprefix("vitac-tui: "))


def ask(run: RunDir, what: What) -> None:
    """Leave a request for a live run; its answer stands in the log.

    Raises:
        UserError: nobody is there to answer, or the folder cannot be written.
    """
    state, reason = status.shown(status.read(run.status))
    if state not in status.LIVE:
        raise UserError(f"is {state}{': ' + reason if reason else ''}", where=run.name)
    try:
        control.ask(run.control, what)
    except OSError as problem:
        raise UserError(f"cannot be asked ({problem.strerror})", where=run.name) from None


def compared(first: RunDir, second: RunDir) -> str:
    """Whether two runs of one experiment have the same figures, in a few words."""
    tables = [results.project(run.name, log.read(run.events)) for run in (first, second)]
    found = list(differences(*(json.loads(table.document()) for table in tables)))
    if not found:
        return f"identical to {first.name}, timings aside"
    return f"differing from {first.name}: {counted(len(found), 'figure')}, such as {found[0]}"


def delete(run: RunDir) -> None:
    """Remove a run's directory; first out of sight by one rename, then for good.

    Raises:
        UserError: it is live, or cannot be removed.
    """
    if status.shown(status.read(run.status))[0] in status.LIVE:
        raise UserError("is live; stop it first", where=run.name)
    hidden = run.path.with_name(f".new-deleted-{run.name}")  # `runs --clean` knows leftovers so
    try:
        run.path.rename(hidden)
        shutil.rmtree(hidden)
    except OSError as problem:
        raise UserError(f"cannot be removed ({problem.strerror})", where=str(run.path)) from None
