"""Which models a run keeps: dense and the final one of each variant; the rest is dropped."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def remove(stem: Path) -> None:
    """Delete a saved model; the card first, since a model without a card is none."""
    for suffix in (".json", ".safetensors", ".masks.safetensors"):
        stem.with_name(stem.name + suffix).unlink(missing_ok=True)


def keep_only(folder: Path, stems: Iterable[str]) -> None:
    """Delete all models of a folder but those named."""
    kept = set(stems)
    for card in sorted(folder.glob("*.json")):
        if card.stem not in kept:
            remove(card.with_suffix(""))
