"""What a person sees: the app's screen as lines of text, and waiting for it to show something."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from vitac_tui.runs.directory import RunDir
from vitac_tui.tui.app import VitacApp
from vitac_tui.tui.terminal.textual_private import screen_strips
from vitac_tui.tui.widgets.dialogs import Ask
from vitac_tui.tui.widgets.settings_form import SettingsForm

PATIENCE_S = 20.0


def screen_text(app: VitacApp) -> str:
    """The visible lines of the screen, without trailing blanks."""
    strips = screen_strips(app.screen)
    return "\n".join(strip.text.rstrip() for strip in strips)


async def until(pilot: Pilot[Any], condition: Callable[[], bool], what: str = "") -> None:
    """Wait for something to become true on the screen."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"never: {what}\n{screen_text(pilot.app)}")
        await pilot.pause()
        await asyncio.sleep(0.02)


async def sees(pilot: Pilot[Any], text: str) -> None:
    """Wait until a text stands on the screen."""
    await until(pilot, lambda: text in screen_text(pilot.app), repr(text))


def notifications(app: App[Any]) -> list[str]:
    """The messages of all notifications that are shown now."""
    return [notification.message for notification in app._notifications]


async def notifies(pilot: Pilot[Any], text: str) -> None:
    """Wait until a notification contains a text."""
    await until(
        pilot, lambda: any(text in one for one in notifications(pilot.app)), f"a note of {text!r}"
    )


async def press(pilot: Pilot[Any], keys: str) -> None:
    """Press keys, named as Textual does, one after another."""
    for key in keys.split():
        await pilot.press(key)
        await pilot.pause()


async def edit_setting(pilot: Pilot[Any], key: str) -> None:
    """Put the cursor of the screen's form on a setting and press enter."""
    form = pilot.app.screen.query_one(SettingsForm)
    await until(pilot, lambda: key in [row.key for row in form.rows_shown], f"the setting {key}")
    form.focus()
    form.move_cursor(row=[row.key for row in form.rows_shown].index(key))
    await pilot.pause()
    await pilot.press("enter")
    await pilot.pause()


async def type_setting(pilot: Pilot[Any], key: str, text: str, end: str = "enter") -> None:
    """Edit a setting by typing; `end` is the key pressed after the text, or ""."""
    await edit_setting(pilot, key)
    pilot.app.screen.query_one("#typed", Input).value = text
    await pilot.pause()
    await press(pilot, end)


async def choose_setting(pilot: Pilot[Any], key: str, choice: str) -> None:
    """Pick a choice of a setting from its list."""
    await edit_setting(pilot, key)
    await until(pilot, lambda: isinstance(pilot.app.screen, Ask), "the list of choices")
    answers = pilot.app.screen.query_one(OptionList)
    names = [str(answer.prompt).split()[1] for answer in answers.options]
    answers.highlighted = names.index(choice)
    await press(pilot, "enter")


def app(root: Path, attach: RunDir | None = None, *, ascii: bool = False) -> VitacApp:
    """The app on a folder of runs."""
    return VitacApp(root, attach=attach, ascii=ascii)
