"""Going straight to a pane, on every screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from screentext import app, press, screen_text, sees, until
from scripted import scripted, with_model

from vitac_tui.tui.screens.jump import Jump, panes

SCREENS = {
    "runs": ("", "1 of 1 runs"),
    "live": ("enter", "finished after"),
    "results": ("r", "masks-0.2 *"),
    "setup": ("n enter", "dataset.root"),
    "prune": ("w", "No steps yet."),
    "dataset": ("i", "choose a folder"),
}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("screen", SCREENS)
async def test_the_letter_on_a_pane_goes_there(
    place: Path, screen: str, size: tuple[int, int]
) -> None:
    with_model(scripted(place / "runs"))
    keys, shows = SCREENS[screen]
    async with app(place / "runs").run_test(size=size) as pilot:
        await sees(pilot, "1 of 1 runs")
        await press(pilot, keys)
        await sees(pilot, shows)
        below = pilot.app.screen
        below.set_focus(None)  # a line that is typed takes the letter for itself
        for letter, (widget, at) in panes(below).items():
            await press(pilot, "j")
            await until(pilot, lambda: isinstance(pilot.app.screen, Jump), "letters")
            line = screen_text(pilot.app).splitlines()[at.y]
            assert line[at.x : at.x + 3].strip() == letter
            await press(pilot, letter)
            await until(pilot, lambda: pilot.app.screen is below, "the screen")
            assert below.focused is widget
            below.set_focus(None)


async def test_any_other_key_leaves_all_as_it_was(place: Path) -> None:
    run = scripted(place / "runs")
    async with app(place / "runs", run).run_test(size=(80, 24)) as pilot:
        await sees(pilot, "finished after")
        focused = pilot.app.screen.focused
        for key in ("escape", "q", "1", "j"):
            await press(pilot, f"j {key}")
            await sees(pilot, "finished after")
            assert pilot.app.screen.focused is focused


async def test_the_help_lists_the_key(place: Path) -> None:
    scripted(place / "runs")
    async with app(place / "runs").run_test(size=(120, 90)) as pilot:
        await sees(pilot, "1 of 1 runs")
        await press(pilot, "question_mark")
        await sees(pilot, "j jump Show a letter")
