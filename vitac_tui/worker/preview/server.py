"""The process next to the app that imports torch: `python -m vitac_tui.worker.preview.server`.

It speaks JSON lines. Requests on stdin, the first of them only with a run:

    {"id": 7, "do": "size" | "score", "steps": [{"method": ...}, ...], "keep_masks": false}
    {"id": 7, "do": "model", "arch": "resnet18", "num_classes": 12, "image_size": 64}

With the directory of a run as argument it first loads that run's model. Replies on stdout, where
nothing else is ever written: with a run once `{"ready": {device, precision, note}}`, then for each
request that was not overtaken by a newer one

    {"id": 7, "figures": {...}}                                        for "size" and "model"
    {"id": 7, "done": 128, "of": 512}                                  now and then, for "score"
    {"id": 7, "figures": {...}, "eval": {...}, "rung": ..., "note": ...}
    {"id": 7, "error": "one line"}

The newest request wins: it replaces one that waits and interrupts the one in progress. The process
ends with its stdin, so it cannot outlive the app, and writes nothing into the run.
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

if TYPE_CHECKING:  # torch comes with it
    from vitac_tui.worker.preview.preview import TryOut

GRACE_S = 2.0  # for whatever is under way when stdin ends
TELL_S = 0.5  # between two words on how far a score is

Say = Callable[[dict[str, Any]], None]
Request = dict[str, Any]


class Inbox:
    """Holds the newest request; one thread puts, another takes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: Request | None = None
        self._working: Interrupter | None = None
        self._closed = False

    def put(self, request: Request) -> None:
        """A newer request: whatever was asked before is not wanted any more."""
        with self._changed:
            self._waiting = request
            self._interrupt("a newer request")

    def close(self) -> None:
        """Nobody will ask any more."""
        with self._changed:
            self._closed, self._waiting = True, None
            self._interrupt("nobody is there")

    def take(self) -> tuple[Request, Interrupter] | None:
        """The newest request and what interrupts it; waits for one. None once closed."""
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
    """Answer until stdin ends."""
    replies = os.dup(1)
    os.dup2(2, 1)  # what libraries print must not come between the replies

    def say(reply: dict[str, Any]) -> None:
        os.write(replies, f"{jsontext.line(reply)}\n".encode())

    inbox = Inbox()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, inbox), daemon=True).start()
    try:
        _serve(_opened(RunDir(Path(arguments[0])), say) if arguments else None, inbox, say)
    except BrokenPipeError:  # the app is gone
        pass
    except UserError as problem:
        say({"error": str(problem)})
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
    os._exit(ExitCode.DONE)  # in the middle of importing torch, or of a long step


def _opened(run: RunDir, say: Say) -> TryOut:
    from vitac_tui.worker.preview.preview import TryOut

    tryout = TryOut(run)
    picked = tryout.picked
    say(
        {
            "ready": {
                "device": str(picked.device),
                "precision": picked.precision,
                "note": tryout.note,
            }
        }
    )
    return tryout


def _serve(tryout: TryOut | None, inbox: Inbox, say: Say) -> None:
    while (taken := inbox.take()) is not None:
        request, interrupter = taken
        try:
            reply = _answer(tryout, request, interrupter, say)
        except Interrupted:
            continue
        except UserError as problem:
            reply = {"error": str(problem)}
        except BrokenPipeError:
            raise
        except Exception as problem:  # one request must not take the others' answers away
            traceback.print_exc()
            reply = {"error": one_line(f"{type(problem).__name__}: {problem}")}
        say({"id": request.get("id"), **reply})


def _answer(
    tryout: TryOut | None, request: Request, interrupter: Interrupter, say: Say
) -> dict[str, Any]:
    if request.get("do") == "model":
        return {"figures": _unpruned(request)}
    if tryout is None:
        raise UserError("not understood", where="request", remedy='do "model", or name a run')
    steps, keep_masks = request.get("steps"), bool(request.get("keep_masks", False))
    if not isinstance(steps, list):
        raise UserError("steps must be a list", where="request")
    match request.get("do"):
        case "size":
            return {"figures": tryout.size(steps, keep_masks, interrupter)}
        case "score":
            report = _Teller(request.get("id"), say)
            return tryout.score(steps, keep_masks, interrupter, report)
        case _:
            raise UserError(
                "not understood", where="request", remedy='do "size", "score" or "model"'
            )


def _unpruned(request: Request) -> dict[str, Any]:
    from vitac_tui.evaluation.cost import unpruned_cost

    match request:
        case {"arch": str(arch), "num_classes": int(classes), "image_size": int(size)}:
            return asdict(unpruned_cost(arch, classes, size))
    raise UserError("needs arch, num_classes and image_size", where="request")


class _Teller:
    """Says how far a score is, not too often."""

    def __init__(self, id: Any, say: Say) -> None:
        self._id = id
        self._say = say
        self._said = time.monotonic()

    def __call__(self, done: int, total: int, **figures: float) -> None:
        if time.monotonic() - self._said >= TELL_S:
            self._said = time.monotonic()
            self._say({"id": self._id, "done": done, "of": total})


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # the listening thread is in the middle of a read, which Python would wait for
