"""Delete the models that a run does not keep: all but dense and each variant's final model."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def remove(stem: Path) -> None:
    """Delete a saved model; the card first, since a model without a card is not valid."""
    for suffix in (".json", ".safetensors", ".masks.safetensors"):
        stem.with_name(stem.name + suffix).unlink(missing_ok=True)


def keep_only(folder: Path, stems: Iterable[str]) -> None:
    """Delete all models in a folder except the named ones."""
    kept = set(stems)
    for card in sorted(folder.glob("*.json")):
        if card.stem not in kept:
            remove(card.with_suffix(""))
