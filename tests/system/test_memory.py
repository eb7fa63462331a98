from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest
from limited import NoLimitError, memory_group

from vitac_tui.system import memory

MEMINFO = "".join(
    f"{name}: {size} kB\n"
    for name, size in {
        "MemTotal": 9000,
        "MemFree": 500,
        "MemAvailable": 1000,
        **dict.fromkeys(("Buffers", "Cached", "Shmem", "Active", "Inactive"), 1),
    }.items()
)


def test_the_available_memory_is_told_where_the_system_tells():
    available = memory.available_memory()
    if not Path("/proc/meminfo").exists():
        pytest.skip("this system has no /proc/meminfo")
    assert available is not None
    assert 0 < available < 2**50


def test_the_tightest_control_group_counts_and_its_page_cache_does_not(tmp_path: Path, monkeypatch):
    (tmp_path / "meminfo").write_text(MEMINFO)
    (tmp_path / "own").write_text("0::/job/step\n")
    for name, limit, used in (("job", "500000", 300_000), ("job/step", "max", 0)):
        group = tmp_path / "groups" / name
        group.mkdir(parents=True)
        (group / "memory.max").write_text(f"{limit}\n")
        (group / "memory.current").write_text(f"{used}\n")
        (group / "memory.stat").write_text("anon 5\ninactive_file 100000\n")
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))
    monkeypatch.setattr(memory, "_OWN_GROUP", tmp_path / "own")
    monkeypatch.setattr(memory, "_GROUPS", tmp_path / "groups")
    assert memory.available_memory() == 300_000
    (tmp_path / "own").write_text("1:cpu:/\n")
    assert memory.available_memory() == 1_024_000
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path / "absent"))
    assert memory.available_memory() is None


def test_control_groups_of_the_first_version_count_as_well(tmp_path: Path, monkeypatch):
    (tmp_path / "meminfo").write_text(MEMINFO)
    (tmp_path / "own").write_text("4:cpuset,memory:/job\n1:cpu:/elsewhere\n0::/\n")
    for name, limit in (("memory", 2**63 - 4096), ("memory/job", 500_000)):
        group = tmp_path / "groups" / name
        group.mkdir(parents=True, exist_ok=True)
        (group / "memory.limit_in_bytes").write_text(f"{limit}\n")
        (group / "memory.usage_in_bytes").write_text("300000\n")
        (group / "memory.stat").write_text("inactive_file 5\ntotal_inactive_file 150000\n")
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))
    monkeypatch.setattr(memory, "_OWN_GROUP", tmp_path / "own")
    monkeypatch.setattr(memory, "_GROUPS", tmp_path / "groups")
    assert memory.available_memory() == 350_000


def test_a_process_in_a_real_control_group_is_told_what_that_allows() -> None:
    """Where this user may make one: in containers seldom, as root on a machine mostly."""
    limit = 2**30
    try:
        with memory_group(limit) as group:
            said = group.output(
                [
                    sys.executable,
                    "-c",
                    "from vitac_tui.system import memory; print(memory.available_memory())",
                ]
            )
    except NoLimitError as problem:
        pytest.skip(f"no control group with a limit of memory here: {problem}")
    assert 0 < int(said) < limit
