"""Requests to a run: files that anybody may leave, and that end up answered."""

import json
import os
from pathlib import Path

import pytest

from vitac_tui.errors import ExitCode
from vitac_tui.runs import control, roots
from vitac_tui.runs.interrupt import Interrupted, Interrupter, Interruption
from vitac_tui.worker.process.disk_full import FULL, PATIENCE_S, Storage
from vitac_tui.worker.process.requests import answer


def test_requests_come_in_order_once_each_with_who_asked(tmp_path: Path) -> None:
    asked = [control.ask(tmp_path, what) for what in ("pause", "unpause", "stop")]
    taken = list(control.take(tmp_path))
    assert [request.id for request in taken] == [request.id for request in asked]
    assert str(os.getpid()) in taken[0].by
    assert list(tmp_path.iterdir()) == []
    assert list(control.take(tmp_path)) == []


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"{}",
        b'{"request": "stop"}',
        b'{"schema": 2, "id": "a", "request": "stop", "by": "x", "t": 1}',
        b'{"schema": 1, "id": "a", "request": "rm", "by": "x", "t": 1}',
        b'{"schema": 1, "id": "a", "request": {}, "by": [], "t": 1}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_request_is_answered_as_not_understood_and_removed(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.json").write_bytes(content)
    (taken,) = control.take(tmp_path)
    interrupter = Interrupter()
    said = answer(taken, interrupter)
    assert said.id == "a"
    assert "unknown request" in said.answer
    assert interrupter.interruption is None
    assert list(tmp_path.iterdir()) == []


def test_a_pipe_a_folder_and_a_link_are_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "link.json").symlink_to("/dev/zero")
    assert sorted(request.request for request in control.take(tmp_path)) == ["", "", ""]
    assert list(control.take(tmp_path)) == []


def test_a_gone_folder_has_no_requests(tmp_path: Path) -> None:
    assert list(control.take(tmp_path / "nowhere")) == []


def asked(what: str) -> control.Request:
    return control.Request("a", what, "me", 1.0)


def test_stop_ends_a_paused_run() -> None:
    interrupter = Interrupter()
    assert "pausing" in answer(asked("pause"), interrupter).answer
    assert interrupter.paused_because == "requested by me"
    assert "stopping" in answer(asked("stop"), interrupter).answer
    with pytest.raises(Interrupted) as stop:
        interrupter.check()
    assert stop.value.interruption.exit_code is ExitCode.STOPPED


def test_unpausing_what_is_not_paused_says_so() -> None:
    assert answer(asked("unpause"), Interrupter()).answer == "was not paused"


def refuse(times: int, number: int = min(FULL)) -> list[int]:
    return [number] * times


class Disk:
    """Refuses some writes, then takes one."""

    def __init__(self, *refusals: int) -> None:
        self.refusals = list(refusals)
        self.written = 0

    def __call__(self) -> str:
        if self.refusals:
            number = self.refusals.pop(0)
            raise OSError(number, os.strerror(number))
        self.written += 1
        return "written"


def test_in_the_foreground_a_full_disk_is_tried_again_until_there_is_room() -> None:
    slept: list[float] = []
    disk = Disk(*refuse(3))
    assert Storage(Interrupter(), detached=False, sleep=slept.append)(disk) == "written"
    assert disk.written == 1
    assert len(slept) == 3


def test_in_the_foreground_patience_ends_so_that_the_run_can_go_on() -> None:
    slept: list[float] = []
    with pytest.raises(Interrupted) as end:
        Storage(Interrupter(), detached=False, sleep=slept.append)(Disk(*refuse(10_000)))
    assert end.value.interruption.exit_code is ExitCode.RESUMABLE
    assert "cannot write" in end.value.interruption.reason
    assert sum(slept) == PATIENCE_S


def test_other_failures_are_not_waited_for() -> None:
    with pytest.raises(PermissionError):
        Storage(Interrupter(), detached=False)(Disk(13))


def test_a_stop_is_not_kept_waiting_by_a_full_disk() -> None:
    interrupter = Interrupter()
    interrupter.interrupt(Interruption("stop"))
    for detached in (False, True):
        with pytest.raises(Interrupted, match="stop"):
            Storage(interrupter, detached=detached)(Disk(*refuse(10_000)))


def test_roots_are_remembered_while_they_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert roots.known() == []
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        roots.remember(tmp_path / name)
        roots.remember(tmp_path / name)
    assert roots.known() == [tmp_path / "a", tmp_path / "b"]
    (tmp_path / "a").rmdir()
    assert roots.known() == [tmp_path / "b"]


def test_a_relative_state_home_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", "state")
    roots.remember(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]
    assert roots.known() == [tmp_path]


def test_a_folder_that_is_no_utf8_is_remembered_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    root = tmp_path / "p\udcfc"
    root.mkdir()
    roots.remember(root)
    (tmp_path / "state/vitac-tui/roots/device").symlink_to("/dev/zero")
    assert roots.known() == [root]


def test_a_home_that_cannot_be_written_is_no_reason_to_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    roots.remember(tmp_path)
    assert roots.known() == []


def test_a_request_file_is_for_its_owner_alone_by_its_folder(tmp_path: Path) -> None:
    request = control.ask(tmp_path, "stop")
    data = json.loads((tmp_path / f"{request.id}.json").read_text())
    assert set(data) == {"schema", "id", "request", "by", "t"}
