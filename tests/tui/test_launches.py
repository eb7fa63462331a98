"""A run between the key that starts it and its first event."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest
from screentext import app, notifies, press, screen_text, sees
from scripted import scripted

from vitac_tui.runs.directory import all_runs
from vitac_tui.tui.services import run_actions
from vitac_tui.tui.services.run_actions import CancelledError


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """Starting and resuming last until cancelled; the events of both."""
    waiting: list[Event] = []

    def wait(*_: object, cancelled: Event, **__: object) -> None:
        waiting.append(cancelled)
        assert cancelled.wait(20)
        raise CancelledError

    monkeypatch.setattr(
        run_actions, "start", lambda *args, sets, cancelled: wait(cancelled=cancelled)
    )
    monkeypatch.setattr(run_actions, "resume", lambda run, cancelled: wait(cancelled=cancelled))
    return waiting


async def test_a_start_is_shown_at_once_and_s_cancels_it(place: Path, slow: list[Event]) -> None:
    scripted(place / "runs", "other")
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await sees(pilot, "1 of 1 runs")
        await pilot.press("d")
        await pilot.pause()
        assert "starting" in screen_text(pilot.app)  # with the key itself, not with a timer
        await sees(pilot, "checking the experiment, its data and this machine")
        await press(pilot, "enter x s")  # nothing to open or to delete yet
        await notifies(pilot, "cancelled")
        await sees(pilot, "1 of 1 runs")
        assert "starting" not in screen_text(pilot.app)


async def test_a_resume_is_shown_in_the_run_s_row_and_s_cancels_it(
    place: Path, slow: list[Event]
) -> None:
    scripted(place / "runs", "one", state="stopped")
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await sees(pilot, "stopped")
        await press(pilot, "u")
        await sees(pilot, "resuming")
        assert "1 of 1 runs" in screen_text(pilot.app)
        await press(pilot, "s")
        await sees(pilot, "stopped")


def test_cancelling_ends_the_process_and_leaves_nothing(place: Path, tiny: Path) -> None:
    cancelled = Event()
    cancelled.set()  # the process is ended while it imports
    run = run_actions.new_run(place / "runs", "tiny")
    with pytest.raises(CancelledError):
        run_actions.start(run, str(tiny), place / "runs", cancelled=cancelled)
    assert not run.path.exists()
    assert all_runs(place / "runs") == []
