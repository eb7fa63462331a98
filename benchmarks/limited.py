"""Run a process in a memory control group of its own, which counts page cache as memory, too."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_GROUPS = Path("/sys/fs/cgroup")


class NoLimitError(Exception):
    """No such group can be made here; the message says why."""


@dataclass(frozen=True)
class Group:
    """A control group, of version 1 or 2."""

    folder: Path
    version: int

    def output(self, command: Sequence[Any]) -> str:
        """Run a process in the group and return its standard output."""
        enter = f'echo $$ > "{self.folder / "cgroup.procs"}" && exec "$@"'
        text: str = subprocess.check_output(
            ["/bin/sh", "-c", enter, "sh", *map(str, command)], text=True
        )
        return text

    @property
    def most(self) -> int:
        """Peak memory in bytes, page cache included."""
        name = "memory.peak" if self.version == 2 else "memory.max_usage_in_bytes"
        return int((self.folder / name).read_text())

    @property
    def kills(self) -> int:
        """Number of processes that the kernel killed for lack of memory."""
        name = "memory.events" if self.version == 2 else "memory.oom_control"
        lines = (self.folder / name).read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))


@contextmanager
def memory_group(limit: int) -> Iterator[Group]:
    """Make a group that allows `limit` bytes, below that of this process.

    Raises:
        NoLimitError: the system has no such groups, or does not let this user make one.
    """
    parent, version = _own()
    group = Group(parent / f"vitac-tui-{os.getpid()}", version)
    try:
        group.folder.mkdir()
    except OSError as problem:
        raise NoLimitError(f"{group.folder}: {problem.strerror}") from None
    try:
        name = "memory.max" if version == 2 else "memory.limit_in_bytes"
        try:
            (group.folder / name).write_text(str(limit))
        except OSError as problem:
            raise NoLimitError(f"{group.folder / name}: {problem.strerror}") from None
        yield group
    finally:
        with suppress(OSError):  # version 1: pages that nobody holds go with the group
            (group.folder / "memory.force_empty").write_text("0")
        with suppress(OSError):
            group.folder.rmdir()


def _own() -> tuple[Path, int]:
    """Return the memory group of this process, and the version of control groups."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError as problem:
        raise NoLimitError(f"/proc/self/cgroup: {problem.strerror}") from None
    groups = {name: path.lstrip("/") for _, name, path in (line.split(":", 2) for line in lines)}
    for names, path in groups.items():
        if "memory" in names.split(","):
            return _GROUPS / "memory" / path, 1
    if "" not in groups or not (_GROUPS / "cgroup.controllers").is_file():
        raise NoLimitError("no memory control groups are mounted below /sys/fs/cgroup")
    return _GROUPS / groups[""], 2
