"""Leaving by a signal: the terminal given back, within a second, whatever state it is in."""

from __future__ import annotations

import asyncio
import logging
import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from vitac_tui.errors import ExitCode
from vitac_tui.tui.terminal import guard

if TYPE_CHECKING:
    from textual.app import App

PATIENCE_S = 0.7  # for Textual to leave by itself


class Unawaited(ThreadPoolExecutor):
    """Threads that leaving does not wait for: reading is lost with no harm, what starts goes on."""

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let go of the threads, whatever is asked."""
        super().shutdown(wait=False, cancel_futures=True)


async def shown(app: App[int]) -> int | None:
    """Run an app to its end, and not to that of what it had begun; gives its exit code."""
    asyncio.get_running_loop().set_default_executor(Unawaited())
    return await app.run_async()


def end(code: int) -> int:
    """The exit code of a process that has nothing left to do; ends it where threads do not."""
    others = (thread for thread in threading.enumerate() if thread is not threading.main_thread())
    if any(not thread.daemon for thread in others):
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        logging.shutdown()
        os._exit(code)
    return code


def on_signals(app: App[Any], farewell: Callable[[], str]) -> None:
    """Leave on SIGTERM and SIGHUP, the latter even where nohup had it ignored, and when the
    terminal is gone without a word: SIGHUP comes from a controlling terminal alone.

    With the terminal gone, Textual's writing thread dies and the event loop then waits for it
    for good. So another thread sees to it that the process ends; it writes `farewell` first.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # tests run the app in other threads
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: _leave(app, loop, farewell))
    terminal = sys.__stdin__
    if terminal is not None and terminal.isatty():
        watched = (terminal.fileno(), lambda: _leave(app, loop, farewell))
        threading.Thread(target=_when_gone, args=watched, daemon=True).start()


def _when_gone(terminal: int, leave: Callable[[], None]) -> None:
    """Leave when the other end of a terminal is closed; waits for that and costs nothing."""
    poll = select.poll()
    poll.register(terminal, 0)  # which leaves hang-ups and errors
    poll.poll()
    leave()


def _leave(app: App[Any], loop: asyncio.AbstractEventLoop, farewell: Callable[[], str]) -> None:
    threading.Thread(target=_end_soon, args=(farewell,), daemon=True).start()
    loop.call_soon_threadsafe(app.exit, int(ExitCode.RESUMABLE))


def _end_soon(farewell: Callable[[], str]) -> None:
    threading.Event().wait(PATIENCE_S)
    terminal = sys.__stderr__
    if terminal is not None:
        guard.restore(terminal.fileno(), farewell())
    os._exit(int(ExitCode.RESUMABLE))
