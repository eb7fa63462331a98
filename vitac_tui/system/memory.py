"""How much memory this process may still allocate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class _Version:
    """A version of control groups: the name of its hierarchy and of the files in a group."""

    controller: str
    limit: str
    used: str
    reclaimable: str  # in memory.stat, of the group and those below it


_VERSIONS = (
    _Version("", "memory.max", "memory.current", "inactive_file"),
    _Version("memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def available_memory() -> int | None:
    """Return the bytes that can be allocated without swapping; None if the system does not tell.

    That is the machine's available memory, or less if a control group (a container, a Slurm job)
    or one above it allows less.
    """
    limits = [limit for limit in (_machine(), *_groups()) if limit is not None]
    return min(limits) if limits else None


def _machine() -> int | None:
    import psutil  # late: it takes some milliseconds, and few commands ask for memory

    try:
        return int(psutil.virtual_memory().available)
    except (OSError, ValueError, psutil.Error):
        return None


def _groups() -> list[int | None]:
    """Return what each control group, from the process's own upwards, still allows."""
    try:
        lines = _OWN_GROUP.read_text().splitlines()
    except OSError:
        return []
    # "0::/job" is a group of version 2, "4:memory:/job" one of version 1; a system may have both.
    own = {
        name: path.lstrip("/")
        for _, names, path in (line.split(":", 2) for line in lines)
        for name in names.split(",")
    }
    return [
        _group(group, version)
        for version in _VERSIONS
        if version.controller in own
        for root in [_GROUPS / version.controller]
        for folder in [root / own[version.controller]]
        for group in (folder, *folder.parents)
        if group.is_relative_to(root)
    ]


def _group(folder: Path, version: _Version) -> int | None:
    try:
        limit = int((folder / version.limit).read_text())  # "max" is no number: no limit
        used = int((folder / version.used).read_text())
        reclaimable = _field(folder / "memory.stat", version.reclaimable)
    except (OSError, ValueError):
        return None
    return max(0, limit - used + reclaimable)


def _field(path: Path, name: str) -> int:
    """Return the number that follows a name at the start of a line.

    Raises:
        ValueError: there is no such line.
    """
    for line in path.read_text().splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == name:
            return int(words[1])
    raise ValueError(name)
