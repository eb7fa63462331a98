"""Preview server of the app, in a separate process: `python -m vitac_tui.worker.preview.server`.

The protocol is JSON lines. Requests on stdin (the first kind requires a run):

    {"id": 7, "do": "size" | "score", "steps": [{"method": ...}, ...], "keep_masks": false}
    {"id": 7, "do": "model", "arch": "resnet18", "num_classes": 12, "image_size": 64}

If a run directory is given as an argument, that run's model is loaded first, and the first reply
is `{"ready": {device, precision, note}}`. Only replies are written to stdout. Each request that was
not replaced by a newer one is answered with

    {"id": 7, "figures": {...}}                                        for "size" and "model"
    {"id": 7, "done": 128, "of": 512}                                  progress of "score"
    {"id": 7, "figures": {...}, "eval": {...}, "rung": ..., "note": ...}
    {"id": 7, "error": "one line"}

The newest request replaces a waiting one and interrupts the one in progress. The process ends when
its stdin is closed, so it cannot outlive the app. It writes nothing into the run.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from vitac_tui.errors import ExitCode, UserError, one_line
from vitac_tui.runs import jsontext
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.interrupt import Interrupted, Interrupter, Interruption

if TYPE_CHECKING:  # imports torch
    from vitac_tui.worker.preview.preview import TryOut

GRACE_S = 2.0  # for the work in progress when stdin is closed
REPORT_EVERY_S = 0.5  # between two progress replies

Send = Callable[[dict[str, Any]], None]
Request = dict[str, Any]


class Inbox:
    """Holds the newest request; one thread puts, another takes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: Request | None = None
        self._working: Interrupter | None = None
        self._closed = False

    def put(self, request: Request) -> None:
        """Add a request; it replaces the waiting one and interrupts the one in progress."""
        with self._changed:
            self._waiting = request
            self._interrupt("a newer request")

    def close(self) -> None:
        """Discard the waiting request and interrupt the one in progress."""
        with self._changed:
            self._closed, self._waiting = True, None
            self._interrupt("the app has closed the connection")

    def take(self) -> tuple[Request, Interrupter] | None:
        """Wait for a request and return it with its interrupter; None once closed."""
        with self._changed:
            self._working = None
            self._changed.wait_for(lambda: self._closed or self._waiting is not None)
            if self._waiting is None:
                return None
            request, self._waiting = self._waiting, None
            self._working = Interrupter()
            return request, self._working

    def _interrupt(self, reason: str) -> None:
        if self._working is not None:
            self._working.interrupt(Interruption(reason))
        self._changed.notify_all()


def main(arguments: list[str]) -> int:
    """Answer requests until stdin is closed."""
    replies = os.dup(1)
    os.dup2(2, 1)  # output of libraries must not mix with the replies

    def send(reply: dict[str, Any]) -> None:
        os.write(replies, f"{jsontext.line(reply)}\n".encode())

    inbox = Inbox()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, inbox), daemon=True).start()
    try:
        _serve(_opened(RunDir(Path(arguments[0])), send) if arguments else None, inbox, send)
    except BrokenPipeError:  # the app has ended
        pass
    except UserError as problem:
        send({"error": str(problem)})
        return ExitCode.USAGE
    return ExitCode.DONE


def _listen(requests: BinaryIO, inbox: Inbox) -> None:
    for line in requests:
        try:
            request = json.loads(line)
        except ValueError:
            request = None
        inbox.put(request if isinstance(request, dict) else {"do": "nothing"})
    inbox.close()
    time.sleep(GRACE_S)
    os._exit(ExitCode.DONE)  # even while torch is being imported, or a long step runs


def _opened(run: RunDir, send: Send) -> TryOut:
    from vitac_tui.worker.preview.preview import TryOut

    tryout = TryOut(run)
    picked = tryout.picked
    send(
        {
            "ready": {
                "device": str(picked.device),
                "precision": picked.precision,
                "note": tryout.note,
            }
        }
    )
    return tryout


def _serve(tryout: TryOut | None, inbox: Inbox, send: Send) -> None:
    while (taken := inbox.take()) is not None:
        request, interrupter = taken
        try:
            reply = _answer(tryout, request, interrupter, send)
        except Interrupted:
            continue
        except UserError as problem:
            reply = {"error": str(problem)}
        except BrokenPipeError:
            raise
        except Exception as problem:  # later requests must still be answered
            traceback.print_exc()
            reply = {"error": one_line(f"{type(problem).__name__}: {problem}")}
        send({"id": request.get("id"), **reply})


def _answer(
    tryout: TryOut | None, request: Request, interrupter: Interrupter, send: Send
) -> dict[str, Any]:
    if request.get("do") == "model":
        return {"figures": _unpruned(request)}
    if tryout is None:
        raise UserError(
            "this request needs a run", where="request", remedy='send "model", or name a run'
        )
    steps, keep_masks = request.get("steps"), bool(request.get("keep_masks", False))
    if not isinstance(steps, list):
        raise UserError("steps must be a list", where="request")
    match request.get("do"):
        case "size":
            return {"figures": tryout.size(steps, keep_masks, interrupter)}
        case "score":
            report = _ScoreProgress(request.get("id"), send)
            return tryout.score(steps, keep_masks, interrupter, report)
        case _:
            raise UserError(
                "unknown request", where="request", remedy='send "size", "score" or "model"'
            )


def _unpruned(request: Request) -> dict[str, Any]:
    from vitac_tui.evaluation.cost import unpruned_cost

    match request:
        case {"arch": str(arch), "num_classes": int(classes), "image_size": int(size)}:
            return asdict(unpruned_cost(arch, classes, size))
    raise UserError("needs arch, num_classes and image_size", where="request")


class _ScoreProgress:
    """Sends the progress of a score, at most every `REPORT_EVERY_S` seconds."""

    def __init__(self, id: Any, send: Send) -> None:
        self._id = id
        self._send = send
        self._reported = time.monotonic()

    def __call__(self, done: int, total: int, **metrics: float) -> None:
        if time.monotonic() - self._reported >= REPORT_EVERY_S:
            self._reported = time.monotonic()
            self._send({"id": self._id, "done": done, "of": total})


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # Python would wait for the listening thread, which is blocked in a read
