"""What the screens can have done to runs: start, resume, ask. Nothing here knows Textual.

Everything blocks and belongs in a thread of the app's.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from vitac_tui.errors import UserError, counted
from vitac_tui.runs import control, directory, launch, log, results, status
from vitac_tui.runs.claim import claimed
from vitac_tui.runs.compare import differences
from vitac_tui.runs.control import What
from vitac_tui.runs.directory import RunDir


def start(preset: str, name: str, root: Path | None, *, sets: Sequence[str] = ()) -> RunDir:
    """Start a detached run of a preset (a name or a path) and wait until it has begun.

    Args:
        preset: what `--batch` takes.
        name: of the experiment, for the name of the run.
        root: where runs lie; None: ./runs, and a run that it names may lie in any known folder.
        sets: `key=value` texts.

    Raises:
        UserError: what the process said when it did not come to begin.
    """
    run = _new(root, name)
    given = [part for text in sets for part in ("--set", text)]
    _launch(["--batch", preset, *_below(root), "--run", run.name, *given], run)
    return run


def replay(source: RunDir, root: Path | None) -> RunDir:
    """Start a detached run of a finished one's experiment, made with what that was made with.

    Args:
        source: the run.
        root: where runs lie; None: ./runs.

    Raises:
        UserError: what the process said when it did not come to begin.
    """
    run = _new(root, "replay")
    _launch(["replay", str(source.path.resolve()), *_below(root), "--run", run.name], run)
    return run


def resume(run: RunDir) -> None:
    """Go on with a run in a detached process. Raises UserError."""
    with claimed(run):  # by its log alone one could not tell that another process writes it
        pass
    _launch(["resume", str(run.path.resolve())], run)


def _new(root: Path | None, name: str) -> RunDir:
    return RunDir(((root or directory.DEFAULT_ROOT) / directory.new_name(name)).resolve())


def _below(root: Path | None) -> list[str]:
    return [] if root is None else ["--runs", str(root)]


def _launch(arguments: Sequence[str], run: RunDir) -> None:
    code, said = launch.detach([*arguments, "--as-detached", "--quiet"], run.path)
    if code is not None:
        lines = [line for line in said.splitlines() if line.strip()]
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
