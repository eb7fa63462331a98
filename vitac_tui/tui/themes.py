"""Colour themes, and the colours of curves in each."""

from __future__ import annotations

from textual.theme import Theme


def _hex(text: str) -> tuple[str, ...]:
    return tuple(f"#{value}" for value in text.split())


# Okabe and Ito (2008), "Color Universal Design": told apart with every common colour blindness.
OKABE_ITO = _hex("56b4e9 e69f00 009e73 f0e442 0072b2 d55e00 cc79a7 999999")
VIVID = _hex("5aa9e6 ff9f1c 2ec4b6 e71d73 b8de6f a06cd5 f4d35e 9aa5b1")
DARK_INKS = _hex("1f5f99 b35900 00735c a3195b 5b7f00 6b3fa0 8a6d00 555555")

THEMES = (
    Theme(
        name="vitac",
        primary="#5aa9e6",
        secondary="#a06cd5",
        accent="#ff9f1c",
        success="#2ec4b6",
        warning="#f4d35e",
        error="#ef476f",
        background="#11151c",
        surface="#171d26",
        panel="#212936",
        foreground="#d8dee9",
        dark=True,
        variables={"footer-key-foreground": "#ff9f1c"},
    ),
    Theme(
        name="colour-blind",
        primary="#56b4e9",
        secondary="#cc79a7",
        accent="#e69f00",
        success="#009e73",
        warning="#f0e442",
        error="#d55e00",
        background="#101010",
        surface="#181818",
        panel="#262626",
        foreground="#e6e6e6",
        dark=True,
    ),
    Theme(
        name="paper",
        primary="#1f5f99",
        secondary="#6b3fa0",
        accent="#b35900",
        success="#00735c",
        warning="#8a6d00",
        error="#b3261e",
        background="#fbfaf7",
        surface="#f2f0ea",
        panel="#e4e1d8",
        foreground="#22252b",
        dark=False,
    ),
)
DEFAULT = "vitac"
_CURVES = {"vitac": VIVID, "paper": DARK_INKS}


def curve_colours(theme: str) -> tuple[str, ...]:
    """Colours of curves, in the order of their use."""
    return _CURVES.get(theme, OKABE_ITO)
