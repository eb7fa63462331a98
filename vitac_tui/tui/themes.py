"""Colour themes, and the colours of curves in each."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from textual.color import Color
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
        variables={"footer-key-foreground": "#ff9f1c", "block-cursor-foreground": "#0b0e13"},
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
        variables={"block-cursor-foreground": "#101010"},
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
LEAST_CONTRAST = 3.0  # of a line against its background (WCAG 2.2, 1.4.11)


@lru_cache(maxsize=64)
def curve_colours(theme: str, dark: bool, *backgrounds: str) -> tuple[str, ...]:
    """Return the colours of curves, in the order of their use.

    A colour that is too close to one of the backgrounds is made lighter or darker.
    """
    palette = _CURVES.get(theme, OKABE_ITO if dark else DARK_INKS)
    grounds = [Color.parse(background) for background in backgrounds]
    return tuple(_readable(Color.parse(colour), grounds, dark).hex for colour in palette)


def _readable(colour: Color, grounds: Sequence[Color], dark: bool) -> Color:
    end = Color.parse("white" if dark else "black")
    for step in range(20):
        found = colour.blend(end, step / 20)
        if all(contrast(found, ground) >= LEAST_CONTRAST for ground in grounds):
            return found
    return end


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Color) -> float:
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in colour.normalized
    ]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))
