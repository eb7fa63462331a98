"""What a screen wants done: messages that bubble up to the app, which alone does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from textual.message import Message

from vitac_tui.runs.control import What
from vitac_tui.runs.directory import RunDir


class Wanted(Message):
    """Names its handlers after this module.

    Textual's own handlers would be called for messages of the same name: `on_prune` ends a widget.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**{"namespace": "wanted", **kwargs})


@dataclass
class Open(Wanted):
    """Show a run live."""

    run: RunDir


@dataclass
class Results(Wanted):
    """Show the models of one or several runs."""

    runs: tuple[RunDir, ...]


@dataclass
class Prune(Wanted):
    """Try pruning a run's trained model."""

    run: RunDir


@dataclass
class Request(Wanted):
    """Leave a request for a live run."""

    run: RunDir
    what: What


@dataclass
class Start(Wanted):
    """Start a run of a preset: a name or a path, the experiment's name, and settings.

    It is then shown live, or given to `watch` by a screen that shows it itself.
    """

    preset: str
    name: str
    sets: tuple[str, ...] = ()
    watch: Callable[[RunDir], None] | None = None


@dataclass
class Resume(Wanted):
    """Continue a run that did not finish."""

    run: RunDir


@dataclass
class Replay(Wanted):
    """Run the experiment of a run anew and compare the figures when it has finished."""

    run: RunDir


@dataclass
class SetUp(Wanted):
    """Open the form for a new run, on a `[dataset]` table if one was chosen."""

    dataset: Mapping[str, Any] | None = None


@dataclass
class Board(Wanted):
    """Serve a run's TensorBoard files on this machine alone."""

    run: RunDir


@dataclass
class Back(Wanted):
    """Go back to the screen before."""


@dataclass
class Dataset(Wanted):
    """Look at a dataset."""
