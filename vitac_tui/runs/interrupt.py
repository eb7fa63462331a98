"""One flag and its reason: how stop, pause, deadlines and signals reach every loop."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from vitac_tui.errors import ExitCode


@dataclass(frozen=True)
class Interruption:
    """Why a run ends early, and as what."""

    reason: str
    exit_code: ExitCode = ExitCode.STOPPED


class Interrupted(Exception):  # noqa: N818 (an outcome, not an error)
    """Raised out of a loop by `Interrupter.check`, between two batches."""

    def __init__(self, interruption: Interruption) -> None:
        super().__init__(interruption.reason)
        self.interruption = interruption


class Interrupter:
    """Carries requests from the supervising thread or a signal handler to the working loops.

    Every loop calls `check` between batches; nothing is ever torn out of a batch.
    """

    def __init__(self) -> None:
        self._interruption: Interruption | None = None
        self._going = threading.Event()
        self._going.set()
        self._checkpoint = threading.Event()
        self._paused_because = ""

    @property
    def interruption(self) -> Interruption | None:
        """The request to end, once there is one. The first one made stays."""
        return self._interruption

    @property
    def paused(self) -> bool:
        """Whether loops wait in `check`."""
        return not self._going.is_set()

    def interrupt(self, interruption: Interruption) -> None:
        """Ask the loops to end; a pause is lifted, so that they can. Safe in a signal handler."""
        if self._interruption is None:
            self._interruption = interruption
        self._going.set()

    @property
    def paused_because(self) -> str:
        """Why loops wait; "" while they do not."""
        return self._paused_because if self.paused else ""

    def pause(self, reason: str) -> None:
        """Make loops wait in `check`."""
        if self._interruption is None:
            self._paused_because = reason
            self._going.clear()

    def unpause(self) -> None:
        """Let loops go on."""
        self._going.set()

    def ask_for_checkpoint(self) -> None:
        """Ask the training loop to save its state after the current batch."""
        self._checkpoint.set()

    def take_checkpoint_request(self) -> bool:
        """Whether a checkpoint was asked for since the last call."""
        asked = self._checkpoint.is_set()
        self._checkpoint.clear()
        return asked

    def check(self) -> float:
        """Wait while paused, then raise `Interrupted` if the run is to end.

        Returns:
            The seconds spent waiting, so that loops can leave them out of their timings.
        """
        waited = 0.0
        if not self._going.is_set():
            since = time.perf_counter()
            self._going.wait()
            waited = time.perf_counter() - since
        if self._interruption is not None:
            raise Interrupted(self._interruption)
        return waited
