"""What a screen asks of the app: messages that bubble up to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from textual.message import Message

from vitac_tui.runs.control import What
from vitac_tui.runs.directory import RunDir


class AppRequest(Message):
    """A request to the app.

    The namespace keeps its handlers' names apart from those of Textual's own messages:
    `on_prune`, for one, ends a widget.
    """

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**{"namespace": "app_request", **kwargs})


@dataclass
class OpenRun(AppRequest):
    """Open the live screen of a run."""

    run: RunDir


@dataclass
class ShowResults(AppRequest):
    """Open the results screen on one or several runs."""

    runs: tuple[RunDir, ...]


@dataclass
class PruneModel(AppRequest):
    """Open the prune screen on a run's trained model."""

    run: RunDir


@dataclass
class ControlRun(AppRequest):
    """Ask a live run to stop, pause or continue."""

    run: RunDir
    what: What


@dataclass
class StartRun(AppRequest):
    """Start a run.

    Attributes:
        preset: a name or a path.
        name: of the experiment.
        sets: `key=value` texts, as for `--set`.
        watch: is called with the run once it has begun; without it, the live screen is opened.
    """

    preset: str
    name: str
    sets: tuple[str, ...] = ()
    watch: Callable[[RunDir], None] | None = None


@dataclass
class ResumeRun(AppRequest):
    """Continue a run that did not finish."""

    run: RunDir


@dataclass
class ReplayRun(AppRequest):
    """Run the experiment of a run again and compare the results."""

    run: RunDir


@dataclass
class CancelLaunch(AppRequest):
    """Cancel the start or the resume of a run that has not begun yet."""

    run: RunDir


@dataclass
class NewRun(AppRequest):
    """Open the form for a new run, on a `[dataset]` table if one was chosen."""

    dataset: Mapping[str, Any] | None = None


@dataclass
class OpenTensorBoard(AppRequest):
    """Serve a run's TensorBoard files on this machine."""

    run: RunDir


@dataclass
class GoBack(AppRequest):
    """Return to the previous screen."""


@dataclass
class ChooseDataset(AppRequest):
    """Open the dataset screen."""
