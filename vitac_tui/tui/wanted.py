"""What a screen wants done: messages that bubble up to the app, which alone does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from textual.message import Message

from vitac_tui.runs.control import What
from vitac_tui.runs.directory import RunDir


@dataclass
class Open(Message):
    """Show a run live."""

    run: RunDir


@dataclass
class Results(Message):
    """Show the models of one or several runs."""

    runs: tuple[RunDir, ...]


@dataclass
class Prune(Message):
    """Try pruning a run's trained model."""

    run: RunDir


@dataclass
class Request(Message):
    """Leave a request for a live run."""

    run: RunDir
    what: What


@dataclass
class Start(Message):
    """Start a run of a preset: a name or a path, the experiment's name, and settings.

    It is then shown live, or given to `watch` by a screen that shows it itself.
    """

    preset: str
    name: str
    sets: tuple[str, ...] = ()
    watch: Callable[[RunDir], None] | None = None


@dataclass
class Resume(Message):
    """Continue a run that did not finish."""

    run: RunDir


@dataclass
class Replay(Message):
    """Run the experiment of a run anew and compare the figures when it has finished."""

    run: RunDir


@dataclass
class SetUp(Message):
    """Open the form for a new run, on a `[dataset]` table if one was chosen."""

    dataset: Mapping[str, Any] | None = None


@dataclass
class Board(Message):
    """Serve a run's TensorBoard files on this machine alone."""

    run: RunDir


@dataclass
class Back(Message):
    """Go back to the screen before."""


@dataclass
class Dataset(Message):
    """Look at a dataset."""
