"""A run as a process: the worker thread does the work, the main thread minds everything else."""

from __future__ import annotations

import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import FrameType

from vitac_tui.errors import ExitCode, UserError, one_line
from vitac_tui.experiment.settings import digest
from vitac_tui.runs import events, log, results, status
from vitac_tui.runs.atomic import remove_stale, write_atomic
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.interrupt import Interrupted, Interrupter, Interruption
from vitac_tui.runs.jsontext import document
from vitac_tui.runs.lock import RunLock, this_process
from vitac_tui.runs.progress import Progress, Snapshot
from vitac_tui.training.checkpoints import Checkpointer
from vitac_tui.worker.execute import execute, rewind_to
from vitac_tui.worker.prepare import Prepared
from vitac_tui.worker.tensorboard import TensorBoard

_Handler = Callable[[int, FrameType | None], None] | signal.Handlers

TICK_S = 0.1
STATUS_EVERY_S = 1.0
SECOND_SIGINT_S = 0.5  # how long the last words may take after a second Ctrl-C


@dataclass
class Ending:
    """How a run ended, filled in by the worker thread."""

    state: str = "failed"
    reason: str = ""
    exit_code: ExitCode = ExitCode.FAILED
    trace: str = ""


@dataclass(frozen=True)
class Options:
    """How to run, apart from the experiment.

    Attributes:
        max_time_s: seconds after which the run checkpoints and exits 75; 0 = no limit.
        watch: given every record (console).
        tick: given a progress snapshot ten times a second (console).
    """

    max_time_s: float = 0.0
    watch: tuple[Callable[[events.Record], None], ...] = ()
    tick: tuple[Callable[[Snapshot], None], ...] = ()


@dataclass
class _Supervision:
    run: RunDir
    events: log.EventLog
    interrupter: Interrupter = field(default_factory=Interrupter)
    progress: Progress = field(default_factory=Progress)
    started: float = field(default_factory=time.time)


def supervise(run: RunDir, prepared: Prepared, options: Options | None = None) -> Ending:
    """Run an experiment in this process, to its end or from where it stands.

    Must be called from the main thread, which is where signals arrive.

    Raises:
        UserError: another process writes this run.
    """
    options = options or Options()
    lock = RunLock(run.lock)
    known = status.read(run.status)
    lock.acquire(known.process if known else None)
    try:
        remove_stale(run.path)
        with log.EventLog(run.events) as event_log:
            at = _Supervision(run, event_log)
            for watcher in options.watch:
                event_log.watch(watcher)
            board = TensorBoard(run.tensorboard) if prepared.experiment.tensorboard else None
            if board is not None:
                event_log.watch(board.write)
            try:
                return _supervised(at, prepared, options)
            finally:
                if board is not None:
                    board.close()
    finally:
        lock.release()


def _supervised(at: _Supervision, prepared: Prepared, options: Options) -> Ending:
    _announce(at, prepared)
    context = RunContext(at.events.append, at.interrupter, at.progress)
    checkpointer = Checkpointer(
        at.run.checkpoints / "resume.pt",
        prepared.experiment.checkpoint_every,
        seq=lambda: at.events.seq,
        emit=at.events.append,
    )
    ending = Ending()

    def work() -> None:
        try:
            execute(prepared, at.run, context, checkpointer)
            checkpointer.wait()
            ending.state, ending.exit_code = "finished", ExitCode.DONE
        except Interrupted as stop:
            ending.state = "stopped"
            ending.reason = stop.interruption.reason
            ending.exit_code = stop.interruption.exit_code
        except UserError as error:
            ending.reason, ending.trace = str(error), traceback.format_exc()
        except BaseException as error:
            ending.reason = one_line(f"{type(error).__name__}: {error}")
            ending.trace = traceback.format_exc()

    worker = threading.Thread(target=work, name="worker")
    with _signals(at):
        worker.start()
        deadline = time.monotonic() + options.max_time_s if options.max_time_s else None
        last_status = 0.0
        while worker.is_alive():
            worker.join(TICK_S)
            for tick in options.tick:
                tick(at.progress.latest)
            now = time.monotonic()
            if deadline is not None and now >= deadline:
                reason = f"--max-time of {options.max_time_s:g} s is over"
                at.interrupter.interrupt(Interruption(reason, ExitCode.RESUMABLE))
                deadline = None
            if now - last_status >= STATUS_EVERY_S:
                last_status = now
                _write_status(at)
    _close(at, ending)
    return ending


def _announce(at: _Supervision, prepared: Prepared) -> None:
    """Say how this process begins: a new run, or a resume and what it takes back."""
    experiment = prepared.experiment
    if at.events.seq:
        back = rewind_to(at.run)
        at.events.append(events.RunResumed(back, "resumed"))
        return
    at.events.append(
        events.RunStarted(
            events.SCHEMA,
            at.run.name,
            experiment.name,
            digest(experiment),
            str(prepared.picked.device),
            prepared.picked.precision,
            list(experiment.all_seeds),
        )
    )


def _status(at: _Supervision) -> status.Status:
    snapshot = at.progress.latest
    return status.Status(
        state="paused" if at.interrupter.paused else "running",
        process=this_process(),
        started=at.started,
        heartbeat=time.time(),
        unit=snapshot.unit,
        done=snapshot.done,
        total=snapshot.total,
        fraction=snapshot.fraction,
        eta_s=snapshot.eta_s,
        figures=dict(snapshot.figures),
    )


def _write_status(at: _Supervision) -> None:
    status.write(at.run.status, _status(at))


def _close(at: _Supervision, ending: Ending) -> None:
    """The last words: the event, the table and the status, in this order."""
    wall_s = time.time() - at.started
    if ending.trace:
        with at.run.log.open("a", encoding="utf-8") as file:
            file.write(ending.trace)
    at.events.append(events.RunEnded(ending.state, ending.reason, int(ending.exit_code), wall_s))
    at.events.sync()
    write_results(at.run)
    last = replace(_status(at), state=ending.state)
    status.write(
        at.run.status, status.ended(last, ending.state, ending.reason, int(ending.exit_code))
    )


def write_results(run: RunDir) -> None:
    """Write `results.json` from the log."""
    write_atomic(run.results, document(results.project(run.name, log.read(run.events))))


@contextmanager
def _signals(at: _Supervision) -> Iterator[None]:
    """Handlers only set flags; the loops read them between batches."""

    def on_sigint(_number: int, _frame: FrameType | None) -> None:
        if at.interrupter.interruption is not None:
            _leave_now(at)
        at.interrupter.interrupt(Interruption("Ctrl-C", ExitCode.INTERRUPTED))

    def on_sigterm(_number: int, _frame: FrameType | None) -> None:
        at.interrupter.interrupt(Interruption("SIGTERM", ExitCode.RESUMABLE))

    def on_sigusr2(_number: int, _frame: FrameType | None) -> None:
        at.interrupter.ask_for_checkpoint()

    handlers: dict[int, _Handler] = {
        signal.SIGINT: on_sigint,
        signal.SIGTERM: on_sigterm,
        signal.SIGUSR2: on_sigusr2,
        signal.SIGHUP: signal.SIG_IGN,  # a lost terminal does not end a run
    }
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave_now(at: _Supervision) -> None:
    """A second Ctrl-C: leave within a second, mid-batch, with the end on record if possible."""
    ending = Ending("stopped", "Ctrl-C twice", ExitCode.INTERRUPTED)
    last = threading.Thread(target=_close, args=(at, ending), daemon=True)
    last.start()
    last.join(SECOND_SIGINT_S)
    os._exit(int(ExitCode.INTERRUPTED))
