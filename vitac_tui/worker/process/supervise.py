"""Supervise a run: a worker thread executes the experiment, the main thread does the rest."""

from __future__ import annotations

import os
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from vitac_tui.errors import ExitCode, UserError, one_line
from vitac_tui.experiment.settings import digest
from vitac_tui.runs import control, events, log, results, status
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.interrupt import Interrupted, Interrupter, Interruption
from vitac_tui.runs.progress import Progress, Snapshot
from vitac_tui.system.atomic import write_atomic
from vitac_tui.system.process import this_process
from vitac_tui.training.checkpoints import Checkpointer
from vitac_tui.training.memory import keep_freed_memory
from vitac_tui.worker.execute import execute, rewind_to
from vitac_tui.worker.prepare import Prepared
from vitac_tui.worker.process.disk_full import Storage
from vitac_tui.worker.process.requests import answer, signals
from vitac_tui.worker.process.tensorboard import TensorBoard

TICK_S = 0.1
STATUS_EVERY_S = 1.0
CLOSING_S = 0.5  # time limit for closing a run that must end at once


@dataclass(frozen=True)
class Ending:
    """How a run ended."""

    state: str  # finished | failed | stopped
    exit_code: ExitCode
    reason: str = ""
    trace: str = ""


@dataclass(frozen=True)
class Options:
    """How to run, apart from the experiment.

    Attributes:
        deadline: on the monotonic clock; the run then writes a checkpoint and exits with code 75.
        detached: no terminal is attached, so a full disk pauses the run.
        watch: called with every record (console).
        tick: called with a progress snapshot ten times per second (console).
        leave: called before the process exits at once (to restore the terminal).
    """

    deadline: float = float("inf")
    detached: bool = False
    watch: tuple[Callable[[events.Record], None], ...] = ()
    tick: tuple[Callable[[Snapshot], None], ...] = ()
    leave: Callable[[], None] = lambda: None


def supervise(run: RunDir, prepared: Prepared, options: Options | None = None) -> Ending:
    """Start or resume an experiment in this process, and return how it ended.

    Call it from the main thread, which receives the signals, while the run is `claimed`.

    Raises:
        UserError: the run's log cannot be written.
    """
    keep_freed_memory()
    with log.EventLog(run.events) as event_log:
        return _Supervisor(run, prepared, options or Options(), event_log).supervise()


@dataclass
class _Supervisor:
    run: RunDir
    prepared: Prepared
    options: Options
    events: log.EventLog
    interrupter: Interrupter = field(default_factory=Interrupter)
    progress: Progress = field(default_factory=Progress)
    began: float = field(default_factory=time.time)
    started: float = 0.0  # of the run's first process
    closed: bool = False
    tally: results.Tally = field(init=False)

    def __post_init__(self) -> None:
        self.tally = results.Tally(self.run.name, self.run.events)

    def supervise(self) -> Ending:
        self.started = status.read(self.run.status).started or self.began
        for watcher in self.options.watch:
            self.events.watch(watcher)
        board = TensorBoard(self.run.tensorboard) if self.prepared.experiment.tensorboard else None
        if board is not None:
            self.events.watch(board.write)
        try:
            with signals(self.interrupter, self._leave_now):
                self._announce()
                ending = self._watch(_Worker(self))
                self._close(ending)
        finally:
            if board is not None:
                board.close()
        return ending

    def _announce(self) -> None:
        """Record the start of a run, or a resume with the events that it discards."""
        prepared = self.prepared
        if self.events.seq:
            state, reason = status.shown(status.read(self.run.status))
            was = f"{state}: {reason}" if reason else state
            self.events.append(events.RunResumed(rewind_to(self.run), f"was {was}"))
            for request in control.take(self.run.control):
                message = "the process that should answer has ended; send the request again"
                self.events.append(
                    events.RequestAnswered(request.id, request.request, request.by, message)
                )
            return
        self.events.append(
            events.RunStarted(
                events.SCHEMA,
                self.run.name,
                prepared.experiment.name,
                digest(prepared.experiment),
                str(prepared.picked.device),
                prepared.picked.precision,
                list(prepared.experiment.all_seeds),
            )
        )

    def _watch(self, worker: _Worker) -> Ending:
        """Handle requests, the deadline and the heartbeat until the worker is done."""
        worker.thread.start()
        heartbeat = 0.0
        try:
            while worker.thread.is_alive():
                worker.thread.join(TICK_S)
                for tick in self.options.tick:
                    tick(self.progress.latest)
                self._answer_requests()
                now = time.monotonic()
                if now >= self.options.deadline:
                    reason = "the time limit --max-time is reached"
                    self.interrupter.interrupt(Interruption(reason, ExitCode.RESUMABLE))
                if now - heartbeat >= STATUS_EVERY_S:
                    heartbeat = now
                    self._beat()
        except BaseException:  # the log must stay open until the worker has ended
            self.interrupter.interrupt(Interruption("supervision failed", ExitCode.FAILED))
            worker.thread.join()
            raise
        return worker.ending

    def _beat(self) -> None:
        with suppress(OSError):  # the worker handles a full disk
            status.write(self.run.status, self._status(), durable=False)

    def _answer_requests(self) -> None:
        for request in control.take(self.run.control):
            reply = answer(request, self.interrupter)
            with suppress(OSError):
                self.events.append(reply)
            self._beat()
            if request.request == "stop_now":
                self._leave_now(Interruption(f"stop --now requested by {request.by}"))

    def _status(self) -> status.Status:
        snapshot = self.progress.latest
        return status.Status(
            state="paused" if self.interrupter.paused else "running",
            process=this_process(),
            started=self.started,
            heartbeat=time.time(),
            reason=self.interrupter.paused_because,
            unit=snapshot.unit,
            done=snapshot.done,
            total=snapshot.total,
            fraction=snapshot.fraction,
            eta_s=snapshot.eta_s,
            figures=dict(snapshot.figures),
        )

    def _close(self, ending: Ending) -> None:
        """Write the last event, the results and the status, in this order and only once."""
        if self.closed:
            return
        self.closed = True
        code = int(ending.exit_code)
        if ending.trace:
            # The log also receives stray output, so bytes that are not UTF-8 are escaped.
            with (
                suppress(OSError),
                self.run.log.open("a", encoding="utf-8", errors="backslashreplace") as file,
            ):
                file.write(ending.trace)
        with suppress(OSError):
            wall_s = time.time() - self.began
            self.events.append(events.RunEnded(ending.state, ending.reason, code, wall_s))
            self.events.sync()
            write_atomic(self.run.results, self.tally.now().document())
        with suppress(OSError):
            last = replace(self._status(), state=ending.state)
            status.write(self.run.status, status.ended(last, ending.state, ending.reason, code))

    def _leave_now(self, interruption: Interruption) -> None:
        """Exit within a second, even mid-batch; record the end if possible."""
        ending = Ending("stopped", interruption.exit_code, interruption.reason)
        last = threading.Thread(target=self._close, args=(ending,), daemon=True)
        last.start()
        last.join(CLOSING_S)
        self.options.leave()
        os._exit(int(interruption.exit_code))


class _Worker:
    """The thread that executes the experiment, and how it ended."""

    def __init__(self, supervisor: _Supervisor) -> None:
        self._supervisor = supervisor
        self.ending = Ending("failed", ExitCode.FAILED, "the worker did not run")
        self.thread = threading.Thread(target=self._work, name="worker")

    def _work(self) -> None:
        try:
            self._execute()
            self.ending = Ending("finished", ExitCode.DONE)
        except Interrupted as stop:
            why = stop.interruption
            self.ending = Ending("stopped", why.exit_code, why.reason)
        except UserError as error:
            self.ending = Ending("failed", ExitCode.FAILED, str(error), traceback.format_exc())
        except BaseException as error:
            reason = one_line(f"{type(error).__name__}: {error}")
            self.ending = Ending("failed", ExitCode.FAILED, reason, traceback.format_exc())

    def _execute(self) -> None:
        at = self._supervisor
        store = Storage(at.interrupter, detached=at.options.detached)

        def emit(event: events.Event, unit: str) -> None:
            store(lambda: at.events.append(event, unit))

        context = RunContext(emit, at.interrupter, at.progress, store)
        checkpointer = Checkpointer(
            at.run.resume_state,
            at.prepared.experiment.checkpoint_every,
            seq=lambda: at.events.seq,
            emit=emit,
            store=store,
            sync=at.events.sync,
        )
        execute(at.prepared, at.run, context, checkpointer, at.tally)
