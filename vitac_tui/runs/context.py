"""What the engine is given of a run: where to say things, and when to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from vitac_tui.runs import events
from vitac_tui.runs.interrupt import Interrupter
from vitac_tui.runs.progress import Progress

T = TypeVar("T")


class Store(Protocol):
    """Something that makes a write and gives its value."""

    def __call__(self, write: Callable[[], T]) -> T:
        """Call `write`."""


def directly(write: Callable[[], T]) -> T:
    """Call `write`, once."""
    return write()


@dataclass(frozen=True)
class RunContext:
    """Passed down to every loop of a run.

    Attributes:
        emit: records an event under a unit's name.
        interrupter: checked between batches.
        progress: told how far each unit is.
        store: makes a write, and again where the disk was full.
    """

    emit: Callable[[events.Event, str], object]
    interrupter: Interrupter
    progress: Progress
    store: Store = directly

    def note(self, text: str, *, level: str = "info", unit: str = "") -> None:
        """Record a line worth reading."""
        self.emit(events.Note(level, text), unit)
