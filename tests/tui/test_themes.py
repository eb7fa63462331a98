"""Contrast in every theme, and the theme that is remembered."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from screentext import app, press, sees, until
from scripted import scripted, with_model
from textual.color import Color
from textual.theme import BUILTIN_THEMES

from vitac_tui.tui.services import clipboard, preferences
from vitac_tui.tui.terminal.textual_private import screen_strips
from vitac_tui.tui.themes import LEAST_CONTRAST, THEMES, contrast, curve_colours

ANSI = {name for name in BUILTIN_THEMES if "ansi" in name}  # whose colours the terminal chooses
NAMES = [theme.name for theme in THEMES] + sorted(set(BUILTIN_THEMES) - ANSI)


@pytest.mark.usefixtures("beside")
async def test_curves_and_the_highlighted_step_can_be_read_in_every_theme(place: Path) -> None:
    with_model(scripted(place / "runs"))
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await sees(pilot, "1 of 1 runs")
        await press(pilot, "w a 1")
        await sees(pilot, "▸ 1")
        for name in NAMES:
            pilot.app.theme = name
            await pilot.pause(0.05)
            theme, variables = pilot.app.current_theme, pilot.app.theme_variables
            grounds = [variables["background"], variables["surface"]]
            for colour in curve_colours(name, theme.dark, *grounds):
                for ground in grounds:
                    found = contrast(Color.parse(colour), Color.parse(ground))
                    assert found >= LEAST_CONTRAST, (name, colour)
            line = next(strip for strip in screen_strips(pilot.app.screen) if "▸ 1" in strip.text)
            style = next(segment.style for segment in line if "▸ 1" in segment.text)
            ink, ground = (Color.from_rich_color(one) for one in (style.color, style.bgcolor))  # type: ignore[assignment]
            assert contrast(ink, ground) >= 4.5, (name, ink, ground)


async def test_the_theme_is_remembered(place: Path) -> None:
    async with app(place / "runs").run_test() as pilot:
        assert pilot.app.theme == "vitac"
        pilot.app.theme = "paper"
        await until(pilot, lambda: preferences.load() == {"theme": "paper"}, "the file")
    async with app(place / "runs").run_test() as pilot:
        assert pilot.app.theme == "paper"
    for odd in ('{"theme": "gone"}', '{"theme": 7}', "[1]", "no json"):
        preferences.path().write_text(odd)
        async with app(place / "runs").run_test() as pilot:
            assert pilot.app.theme == "vitac"
    preferences.path().write_text('{"other": "kept"}')
    preferences.remember("theme", "paper")
    assert json.loads(preferences.path().read_text()) == {"other": "kept", "theme": "paper"}


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
async def test_copying_inside_tmux_fills_its_buffer(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = place / "tmux"
    tmux = ("tmux", "-S", str(socket))
    bare = {key: value for key, value in os.environ.items() if key != "TMUX"}
    subprocess.run(
        [*tmux, "-f", "/dev/null", "new-session", "-d", "sleep 60"], env=bare, check=True
    )
    try:
        monkeypatch.setenv("TMUX", f"{socket},1,0")
        async with app(place / "runs").run_test() as pilot:
            assert "tmux's buffer" in clipboard.copy(pilot.app, "some text\n")
        shown = subprocess.run([*tmux, "show-buffer"], capture_output=True, text=True, check=True)
        assert shown.stdout == "some text\n"
        monkeypatch.setenv("TMUX", "/nowhere,1,0")
        async with app(place / "runs").run_test() as pilot:
            assert "OSC 52" in clipboard.copy(pilot.app, "more")
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
