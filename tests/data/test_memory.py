from __future__ import annotations

from pathlib import Path

import pytest

from vitac_tui.data import memory


def test_the_available_memory_is_told_where_the_system_tells():
    available = memory.available_memory()
    if not Path("/proc/meminfo").exists():
        pytest.skip("this system has no /proc/meminfo")
    assert available is not None
    assert 0 < available < 2**50


def test_the_tightest_control_group_counts_and_its_page_cache_does_not(tmp_path: Path, monkeypatch):
    (tmp_path / "meminfo").write_text("MemTotal: 99 kB\nMemAvailable:   1000 kB\n")
    (tmp_path / "own").write_text("0::/job/step\n")
    for name, limit, used in (("job", "500000", 300_000), ("job/step", "max", 0)):
        group = tmp_path / "groups" / name
        group.mkdir(parents=True)
        (group / "memory.max").write_text(f"{limit}\n")
        (group / "memory.current").write_text(f"{used}\n")
        (group / "memory.stat").write_text("anon 5\ninactive_file 100000\n")
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_OWN_GROUP", tmp_path / "own")
    monkeypatch.setattr(memory, "_GROUPS", tmp_path / "groups")
    assert memory.available_memory() == 300_000
    (tmp_path / "own").write_text("1:cpu:/\n")
    assert memory.available_memory() == 1_024_000
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "absent")
    assert memory.available_memory() is None
