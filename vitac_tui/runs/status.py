"""`status.json`: what a run is doing now, replaced atomically and read by everyone else."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

from vitac_tui.errors import UserError
from vitac_tui.runs import jsontext
from vitac_tui.runs.shape import check_of
from vitac_tui.system.atomic import write_atomic
from vitac_tui.system.files import read_json
from vitac_tui.system.process import Process, is_alive

SCHEMA = 1
LIVE = ("running", "paused")
UNREADABLE = "unreadable"
_LARGEST = 1_000_000  # bytes
SILENT_S = 30.0  # a run of another host that has not written for so long is "no word since"


@dataclass(frozen=True)
class Status:
    """State of a run.

    `running`, `paused`, `finished`, `failed` and `stopped` are written by the run; `interrupted`
    is only ever derived by a reader that knows the process to be gone, and `unreadable` by one that
    cannot make sense of the file.
    """

    state: str
    process: Process
    started: float  # unix seconds
    heartbeat: float  # unix seconds
    reason: str = ""
    unit: str = ""
    done: int = 0  # within the unit
    total: int = 0
    fraction: float = 0.0  # of the whole plan
    eta_s: float | None = None
    figures: dict[str, float | None] = field(default_factory=dict)
    exit_code: int | None = None
    schema: int = SCHEMA


_FITS = check_of(Status)


def span(seconds: float) -> str:
    """A time span for people: 42 s, 3 min, 2 h 5 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole % 60 else f"{whole // 60} min"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def write(path: Path, status: Status, *, durable: bool = True) -> None:
    """Replace the status file; a heartbeat need not outlive a power loss."""
    write_atomic(path, jsontext.document(asdict(status)), durable=durable)


def read(path: Path) -> Status:
    """The status; where it cannot be read, one whose state is `unreadable`, with the reason."""
    try:
        data = read_json(path, form=SCHEMA, largest=_LARGEST)
        data.pop("nonfinite", None)
        if isinstance(data.get("figures"), dict):
            data["figures"].pop("nonfinite", None)
        if not _FITS(data):
            raise UserError("is no status of a run")
    except UserError as problem:
        return Status(UNREADABLE, Process("", 0, 0), 0.0, 0.0, f"{path.name}: {problem.what}")
    known = {field.name: data[field.name] for field in fields(Status) if field.name in data}
    process = {field.name: data["process"][field.name] for field in fields(Process)}
    known["fraction"] = min(1.0, max(0.0, known.get("fraction", 0.0)))
    return Status(**known | {"process": Process(**process)})


def shown(status: Status, *, now: float | None = None) -> tuple[str, str]:
    """State and reason as a reader should show them.

    Returns:
        For a live state whose process is known to be gone: interrupted. For one of another host
        without a recent heartbeat: the state, with "no word for …" as its reason.
    """
    if status.state not in LIVE:
        return status.state, status.reason
    alive = is_alive(status.process)
    if alive is False:
        return "interrupted", f"process {status.process.pid} is gone"
    silence = (time.time() if now is None else now) - status.heartbeat
    if alive is None and silence > SILENT_S:
        return status.state, f"no word for {span(silence)} from {status.process.host}"
    return status.state, status.reason


def ended(status: Status, state: str, reason: str, exit_code: int) -> Status:
    """The last status of a process."""
    return replace(
        status,
        state=state,
        reason=reason,
        exit_code=exit_code,
        heartbeat=time.time(),
        eta_s=None,
        fraction=1.0 if state == "finished" else status.fraction,
    )
