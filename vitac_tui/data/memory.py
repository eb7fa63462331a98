"""How much memory this process may still take."""

from __future__ import annotations

from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_OWN_GROUP = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")


def available_memory() -> int | None:
    """Bytes that can be allocated without swapping, None where the system does not tell.

    The machine's available memory, or less where a control group (version 2: a container, a Slurm
    job) or one above it allows less.
    """
    limits = [limit for limit in (_machine(), *_groups()) if limit is not None]
    return min(limits) if limits else None


def _machine() -> int | None:
    try:
        return _field(_MEMINFO, "MemAvailable:") * 1024
    except (OSError, ValueError):
        return None


def _groups() -> list[int | None]:
    """What each control group from the process's own upwards still allows."""
    try:
        lines = _OWN_GROUP.read_text().splitlines()
    except OSError:
        return []
    own = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), None)
    if own is None:
        return []
    folder = _GROUPS / own
    return [_group(group) for group in (folder, *folder.parents) if group.is_relative_to(_GROUPS)]


def _group(folder: Path) -> int | None:
    try:
        limit = int((folder / "memory.max").read_text())  # "max" is no number: no limit
        used = int((folder / "memory.current").read_text())
        reclaimable = _field(folder / "memory.stat", "inactive_file")
    except (OSError, ValueError):
        return None
    return max(0, limit - used + reclaimable)


def _field(path: Path, name: str) -> int:
    """The number after a name at the start of a line.

    Raises:
        ValueError: there is no such line.
    """
    for line in path.read_text().splitlines():
        words = line.split()
        if len(words) > 1 and words[0] == name:
            return int(words[1])
    raise ValueError(name)
