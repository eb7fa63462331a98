"""One flag and its reason: how stop, pause, deadlines and signals reach every loop."""

from __future__ import annotations

import time
from dataclasses import dataclass

from vitac_tui.errors import ExitCode

POLL_S = 0.05


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

    Every loop calls `check` between batches; nothing is ever torn out of a batch. Only plain
    attributes: a signal handler runs in the middle of whatever the main thread does, and would
    wait for ever for a lock that the main thread holds.
    """

    def __init__(self) -> None:
        self._interruption: Interruption | None = None
        self._paused_because: str | None = None
        self._checkpoints_asked = 0
        self._checkpoints_taken = 0

    @property
    def interruption(self) -> Interruption | None:
        """The request to end, once there is one. The first one made stays."""
        return self._interruption

    @property
    def paused(self) -> bool:
        """Whether loops wait in `check`. A request to end lifts a pause, so that they can."""
        return self._paused_because is not None and self._interruption is None

    @property
    def paused_because(self) -> str:
        """Why loops wait; "" while they do not."""
        return (self._paused_because or "") if self.paused else ""

    def interrupt(self, interruption: Interruption) -> None:
        """Ask the loops to end. Safe in a signal handler."""
        if self._interruption is None:
            self._interruption = interruption

    def pause(self, reason: str) -> None:
        """Make loops wait in `check`."""
        self._paused_because = reason

    def unpause(self) -> None:
        """Let loops go on."""
        self._paused_because = None

    def ask_for_checkpoint(self) -> None:
        """Ask the training loop to save its state after the current batch."""
        self._checkpoints_asked += 1

    def take_checkpoint_request(self) -> bool:
        """Whether a checkpoint was asked for since the last call."""
        asked = self._checkpoints_asked
        taken, self._checkpoints_taken = self._checkpoints_taken, asked
        return asked > taken

    def check(self) -> float:
        """Wait while paused, then raise `Interrupted` if the run is to end.

        Returns:
            The seconds spent waiting, so that loops can leave them out of their timings.
        """
        since = time.perf_counter()
        waited = 0.0
        while self.paused:
            time.sleep(POLL_S)
            waited = time.perf_counter() - since
        if self._interruption is not None:
            raise Interrupted(self._interruption)
        return waited
