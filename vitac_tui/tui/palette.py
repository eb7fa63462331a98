"""The command palette: the keys of the screen, and the commands of the app."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from textual.app import App, SystemCommand
from textual.screen import Screen

from vitac_tui.tui import keys

EVERYWHERE = (  # title, help, action of the app
    ("theme", "Choose the colours.", "change_theme"),
    ("help", "Show or hide the keys. (?)", "help"),
    ("jump", "Show a letter on every pane. (j)", "jump"),
    ("in full", "Show the lines that are cut. (h)", "whole"),
    ("quit", "Leave; asks when a live run is open. (q)", "leave"),
)


def commands(app: App[Any], screen: Screen[Any]) -> Iterable[SystemCommand]:
    """Yield the commands that can be given on a screen."""
    for key in keys.TABLE.get(getattr(screen, "SCOPE", ""), ()):
        act = partial(app.call_later, screen.run_action, key.action)
        yield SystemCommand(key.label, f"{key.help} ({key.key.partition(',')[0]})", act)
    for title, help, action in EVERYWHERE:
        yield SystemCommand(title, help, partial(app.call_later, app.run_action, action))
