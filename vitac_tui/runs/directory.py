"""Run directories: making one by a single rename, and finding one by name or prefix."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment import presets, toml
from vitac_tui.experiment.registries import near
from vitac_tui.experiment.settings import NAME, Experiment, plain
from vitac_tui.runs import jsontext, log, results, status
from vitac_tui.runs.roots import known as known_roots
from vitac_tui.runs.roots import remember
from vitac_tui.system.atomic import sync_folder, write_atomic
from vitac_tui.system.files import FormError, read_json
from vitac_tui.system.process import Process

DEFAULT_ROOT = Path("runs")
ENVIRONMENT_SCHEMA = 1
LARGEST_CARD = 1 << 28  # bytes; the hashes of a million training images take 70 MB


@dataclass(frozen=True)
class RunDir:
    """Where everything of a run lies."""

    path: Path

    @property
    def name(self) -> str:
        """The run's name, which is its folder's."""
        return self.path.name

    @property
    def experiment(self) -> Path:
        """The resolved preset."""
        return self.path / "experiment.toml"

    @property
    def environment(self) -> Path:
        """Versions, host, device and precision picked, command line."""
        return self.path / "environment.json"

    @property
    def samples(self) -> Path:
        """The sample table."""
        return self.path / "samples.csv"

    @property
    def status(self) -> Path:
        """What the run is doing now."""
        return self.path / "status.json"

    @property
    def events(self) -> Path:
        """The event log."""
        return self.path / "events.jsonl"

    @property
    def control(self) -> Path:
        """Requests to the run."""
        return self.path / "control"

    @property
    def checkpoints(self) -> Path:
        """Resume state, and models worth keeping."""
        return self.path / "checkpoints"

    def dense(self, seed: int) -> Path:
        """Stem of the model that was trained from a seed, or of the only one."""
        own = self.checkpoints / f"seed{seed}-dense"
        return own if own.with_name(f"{own.name}.json").exists() else self.checkpoints / "dense"

    @property
    def seeds(self) -> list[int]:
        """Those of its trained models, where it has one of each of several."""
        found = (
            re.fullmatch(r"seed([0-9]+)-dense", p.stem) for p in self.checkpoints.glob("*.json")
        )
        return sorted(int(match[1]) for match in found if match)

    @property
    def resume_state(self) -> Path:
        """What an unfinished training goes on from."""
        return self.checkpoints / "resume.pt"

    @property
    def predictions(self) -> Path:
        """Predictions of every evaluated model."""
        return self.path / "predictions"

    @property
    def tensorboard(self) -> Path:
        """TensorBoard's event files."""
        return self.path / "tensorboard"

    @property
    def results(self) -> Path:
        """The table, machine-readable."""
        return self.path / "results.json"

    @property
    def log(self) -> Path:
        """Everything that the process and its libraries printed."""
        return self.path / "log.txt"

    @property
    def lock(self) -> Path:
        """The file whose lock the writing process holds."""
        return self.path / "lock"

    def require_readable(self) -> None:
        """Make sure that this version understands the run's record.

        Raises:
            UserError: another version wrote it, or its log is none.
        """
        log.require_readable(self.events)
        for path, form in ((self.status, status.SCHEMA), (self.results, results.SCHEMA)):
            try:
                read_json(path, form=form, largest=results.LARGEST)
            except FormError:
                raise
            except UserError:  # missing or broken: the log alone tells how the run stands
                continue

    def load_experiment(self) -> Experiment:
        """The experiment of this run.

        Raises:
            UserError: the directory is no run, or one of another version.
        """
        self.require_readable()
        text = toml.read(self.experiment)
        where = str(self.experiment)
        return presets.resolve(toml.parse(text, where), text=text, where=where)


def directory_size(folder: Path) -> int:
    """Bytes of all files below a folder; links are not followed, vanishing files not counted."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size  # noqa: PTH118 (a hot loop)
    return total


def new_name(experiment_name: str) -> str:
    """`<time>-<name>-<short id>`, sorting by time."""
    return f"{time.strftime('%Y%m%d-%H%M%S')}-{experiment_name[:40]}-{secrets.token_hex(2)}"


def check_name(name: str) -> None:
    """Make sure that a run may be called so.

    Raises:
        UserError: it may not.
    """
    if not NAME.fullmatch(name):
        raise UserError(
            f"{name!r} is no name for a run",
            where="--run",
            remedy="letters, digits, '.', '_' and '-', at most 64",
        )


def check_free(root: Path, name: str) -> None:
    """Make sure that a run of this name can be made.

    Raises:
        UserError: the name is not allowed, or something has it.
    """
    check_name(name)
    if os.path.lexists(root / name):
        raise UserError(
            "exists already", where=str(root / name), remedy="choose another --run name"
        )


def create(
    root: Path,
    name: str,
    experiment: Experiment,
    environment: dict[str, Any],
    *,
    lock: Callable[[Path], None] | None = None,
) -> RunDir:
    """Make a run directory that appears complete, by one rename.

    Args:
        root: the folder of the runs.
        name: of the run.
        experiment: the resolved settings.
        environment: what the run is made with.
        lock: takes the lock of the run (the path of its file) before the directory appears.

    Raises:
        UserError: the name is taken or not allowed, or the folder cannot be written.
    """
    check_free(root, name)
    settings = _text(experiment)
    run = RunDir(root / name)
    new = RunDir(root / f".new-{secrets.token_hex(4)}")
    try:
        root.mkdir(parents=True, exist_ok=True)
        new.path.mkdir()
        new.control.mkdir(mode=0o700)
        for folder in (new.checkpoints, new.predictions, new.tensorboard):
            folder.mkdir()
        write_atomic(new.experiment, settings)
        write_atomic(new.environment, jsontext.document(environment))
        now = time.time()
        process = Process(**environment["process"])
        status.write(new.status, status.Status("running", process, now, now, unit="starting"))
        if lock is not None:
            lock(new.lock)
        new.path.rename(run.path)
        sync_folder(root)
        remember(root)
    except OSError as problem:
        raise UserError(
            f"no run can be made here ({problem.strerror})",
            where=str(root),
            remedy="choose another folder with --runs",
        ) from None
    finally:
        shutil.rmtree(new.path, ignore_errors=True)  # by then renamed, if all went well
    return run


def _text(experiment: Experiment) -> bytes:
    try:
        return toml.dumps(experiment).encode()
    except ValueError as problem:  # a path that is no UTF-8, such as that of the working directory
        found = re.search(r"'[^']*\\ud[c-f][^']*'", repr(experiment.model_dump()))
        raise UserError(
            "cannot be recorded, since it is no UTF-8 text",
            where=found[0] if found else str(problem),
            remedy="rename what is called so",
        ) from None


def all_runs(root: Path) -> list[RunDir]:
    """Runs below `root`, oldest first."""
    try:
        folders = [path for path in root.iterdir() if not path.name.startswith(".")]
    except OSError:
        return []
    runs = [RunDir(path) for path in folders if _is_run(path)]
    return sorted(runs, key=lambda run: (_started(run), run.name))


def _is_run(path: Path) -> bool:
    return os.path.isfile(path / "experiment.toml")  # noqa: PTH113 (never raises)


def _started(run: RunDir) -> float:
    started = status.read(run.status).started
    if not started:
        with suppress(OSError):
            started = run.experiment.stat().st_mtime
    return started


def locate(root: Path | None, text: str) -> RunDir:
    """The run of a name or prefix below `root`, or, without one, wherever runs were before.

    A whole name beats a prefix, and one at hand beats one elsewhere. Without a name: the newest.

    Raises:
        UserError: there is none, or more than one.
    """
    here = root or DEFAULT_ROOT
    if os.sep in text and _is_run(Path(text)):
        return RunDir(Path(text).resolve())
    roots = [here] if root else [here, *(r for r in known_roots() if r != here.resolve())]
    runs = [run for folder in roots for run in all_runs(folder)]
    if not text:
        if not runs:
            raise UserError("no runs", where=str(here), remedy="start one: vitac-tui demo")
        return max(runs, key=lambda run: (_started(run), run.name))
    named = [run for run in runs if run.name == text]
    at_hand = [run for run in named if run.path.parent == here]
    found = at_hand or named or [run for run in runs if run.name.startswith(text)]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(str(run.path) for run in found[:3])
        raise UserError(f"{text!r} means several runs", where=str(here), remedy=f"such as {names}")
    known = [run.name for run in runs[-20:]]
    hint = near(text, known) if known else ""
    raise UserError(
        f"no run {text!r}{hint}",
        where=str(here),
        remedy="`vitac-tui runs` lists them; --runs DIR names another folder",
    )


def read_environment(run: RunDir) -> dict[str, Any]:
    """What a run was made with.

    Raises:
        UserError: it is missing or broken.
    """
    return read_json(run.environment, form=ENVIRONMENT_SCHEMA, largest=1_000_000)


def experiment_data(root: Path | None, text: str) -> tuple[str, dict[str, Any]]:
    """Path and experiment of a run, for presets that start from it."""
    run = locate(root, text)
    return str(run.path.resolve()), plain(run.load_experiment())
