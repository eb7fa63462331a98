"""Leaving by a signal: the terminal given back, within a second, whatever state it is in."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vitac_tui.errors import ExitCode
from vitac_tui.tui import guard

if TYPE_CHECKING:
    from textual.app import App

PATIENCE_S = 0.7  # for Textual to leave by itself


def on_signals(app: App[Any], farewell: Callable[[], str]) -> None:
    """Leave on SIGTERM and SIGHUP, the latter even where nohup had it ignored.

    With the terminal gone, Textual's writing thread dies and the event loop then waits for it
    for good. So another thread sees to it that the process ends; it writes `farewell` first.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # tests run the app in other threads
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: _leave(app, loop, farewell))


def _leave(app: App[Any], loop: asyncio.AbstractEventLoop, farewell: Callable[[], str]) -> None:
    threading.Thread(target=_end_soon, args=(farewell,), daemon=True).start()
    loop.call_soon_threadsafe(app.exit, int(ExitCode.RESUMABLE))


def _end_soon(farewell: Callable[[], str]) -> None:
    threading.Event().wait(PATIENCE_S)
    terminal = sys.__stderr__
    if terminal is not None:
        guard.restore(terminal.fileno(), farewell())
    os._exit(int(ExitCode.RESUMABLE))
