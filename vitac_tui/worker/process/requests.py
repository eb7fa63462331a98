"""Requests to a running process: signals, and files in its control folder."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from vitac_tui.errors import ExitCode
from vitac_tui.runs import events
from vitac_tui.runs.control import Request
from vitac_tui.runs.interrupt import Interrupter, Interruption

_Handler = Callable[[int, FrameType | None], None] | signal.Handlers
LeaveNow = Callable[[Interruption], None]


@contextmanager
def signals(interrupter: Interrupter, leave_now: LeaveNow) -> Iterator[None]:
    """Handle signals while the block runs. Handlers only set flags, which the loops read.

    SIGINT ends the run after the current batch (exit code 130); a second SIGINT ends it at once.
    SIGTERM and SIGUSR1, which job schedulers send, end it with a checkpoint (75). SIGUSR2
    requests a checkpoint. SIGHUP (lost terminal) is ignored.
    """
    interrupts: list[int] = []

    def on_sigint(number: int, _frame: FrameType | None) -> None:
        if interrupts:
            leave_now(Interruption("Ctrl-C twice", ExitCode.INTERRUPTED))
        interrupts.append(number)
        interrupter.interrupt(Interruption("Ctrl-C", ExitCode.INTERRUPTED))

    def on_deadline(number: int, _frame: FrameType | None) -> None:
        name = signal.Signals(number).name
        interrupter.interrupt(Interruption(name, ExitCode.RESUMABLE))

    def on_sigusr2(_number: int, _frame: FrameType | None) -> None:
        interrupter.ask_for_checkpoint()

    handlers: dict[int, _Handler] = {
        signal.SIGINT: on_sigint,
        signal.SIGTERM: on_deadline,
        signal.SIGUSR1: on_deadline,
        signal.SIGUSR2: on_sigusr2,
        signal.SIGHUP: signal.SIG_IGN,
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def answer(request: Request, interrupter: Interrupter) -> events.RequestAnswered:
    """Carry out a request, except `stop_now`, and return the reply."""
    message = "unknown request; use stop, stop_now, pause, unpause or checkpoint"
    match request.request:
        case "stop":
            interrupter.interrupt(Interruption(f"stop requested by {request.by}"))
            message = "stopping after the current batch"
        case "stop_now":
            message = "stopping at once"
        case "pause":
            interrupter.pause(f"requested by {request.by}")
            message = "pausing after the current batch" if interrupter.paused else "already ending"
        case "unpause":
            message = "continuing" if interrupter.paused else "was not paused"
            interrupter.unpause()
        case "checkpoint":
            interrupter.ask_for_checkpoint()
            message = "saving after the current batch of training"
        case _:
            pass
    return events.RequestAnswered(request.id, request.request, request.by, message)
