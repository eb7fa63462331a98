"""Names that mean to paint, move or reverse the screen are text on every screen of the app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from corpus.runs import make_run
from screentext import app, press, screen_text, sees
from scripted import scripted
from support import write_stripes
from textual.pilot import Pilot

from vitac_tui.runs import status
from vitac_tui.tui.screens.dataset import DatasetScreen

#: Markup, a window title, a colour in one byte, a reversal, combining marks and a line end.
HOSTILE = "[bold red]x[/]\x1b]0;owned\x07\x9b31m\u202egnp.e\u0301\u0301\n\x1b[2J"
SIZE = (120, 40)


def require_harmless(pilot: Pilot[Any]) -> str:
    """The screen's text, once no character of it is one that a terminal would obey."""
    shown = screen_text(pilot.app)
    assert not [line for line in shown.split("\n") if not line.isprintable()]
    return shown


@pytest.mark.parametrize("state", ["finished", "running"])
async def test_what_a_run_says_is_text_on_every_screen(place: Path, state: str) -> None:
    run = make_run(place / "runs", "bad", HOSTILE)
    known = status.read(run.status)
    status.write(run.status, status.Status(state, known.process, 1.0, 2.0, HOSTILE, unit=HOSTILE))
    run.experiment.write_text(
        run.experiment.read_text().replace("tags = []", r'tags = ["[bold red]x[/]\u001b[2J"]')
    )
    run.path.rename(run.path.with_name(f"bad{HOSTILE}".replace("/", "")))
    async with app(place / "runs").run_test(size=SIZE) as pilot:
        await sees(pilot, "bad[bold red]x")
        require_harmless(pilot)
        for keys in ("enter", "1", "2", "3", "4"):
            await press(pilot, keys)
            assert "[bold red]x" in require_harmless(pilot)
        await press(pilot, "r")
        for keys in ("1", "2", "3", "4", "right_square_bracket", "y", "Y", "e"):
            await press(pilot, keys)
            require_harmless(pilot)
        await press(pilot, "escape escape slash")
        await press(pilot, "b a d enter w")
        require_harmless(pilot)


async def test_names_in_a_dataset_are_text_on_its_screen(place: Path) -> None:
    root = write_stripes(place / "odd", classes=2)
    (root / "class0").rename(root / HOSTILE.replace("/", ""))
    (root / "class1/g0_0.png").rename(root / f"class1/{HOSTILE.replace('/', '')}.png")
    (root / "class1/g1_0.png").rename(root / "class1/\udcff.png")
    table = {"layout": "folder", "root": str(root), "cache": "off", "image_size": 16}
    scripted(place / "runs")
    async with app(place / "runs").run_test(size=SIZE) as pilot:
        pilot.app.push_screen(DatasetScreen(table))
        await sees(pilot, "24 images, 2 classes")
        for keys in ("1", "2", "down", "3", "down", "d", "4", "escape"):
            await press(pilot, keys)
            require_harmless(pilot)
