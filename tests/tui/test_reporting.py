"""Errors of services are shown to the user, wherever they were raised."""

from __future__ import annotations

from pathlib import Path

import pytest
from screentext import app, notifies, press, sees, until
from scripted import scripted

from vitac_tui.errors import UserError
from vitac_tui.tui.services import run_actions


@pytest.mark.parametrize(
    "error, shown",
    [
        (UserError("is not there", where="a run", remedy="look again"), "look again"),
        (OSError(28, "No space left on device", "/somewhere"), "No space left on device"),
        (ZeroDivisionError("by zero"), "unexpected error: ZeroDivisionError"),
    ],
)
async def test_whatever_a_service_raises_is_shown(
    place: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, shown: str
) -> None:
    def ask(*_args: object) -> None:
        raise error

    monkeypatch.setattr(run_actions, "ask", ask)
    scripted(place / "runs", state="running", epochs=2, sweep=False)
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await sees(pilot, "1 of 1 runs")
        await press(pilot, "s")
        await notifies(pilot, shown)


async def test_an_error_on_a_screen_with_a_line_of_its_own_is_shown_there(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await press(pilot, "n enter w")
        await until(pilot, lambda: pilot.app.screen.query_one("#typed").display, "the line")
        (place / "presets").write_text("")  # a file where the folder should be
        await press(pilot, "enter")
        await sees(pilot, "presets/demo.toml: cannot be written")
