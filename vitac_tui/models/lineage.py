"""The images that a model was trained on, as recorded in its card."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from vitac_tui.errors import UserError
from vitac_tui.models.card import ModelCard
from vitac_tui.models.files import card_of

_IMAGES, _SHUFFLED = "training_images", "shuffled_labels"
_BYTES = 8  # of each hash; among a million images, two collide with a chance of 1 in 40 million


@dataclass(frozen=True)
class Lineage:
    """The training images of a model and of the models that it was made from.

    Attributes:
        images: the first 8 bytes of each training image's content hash.
        shuffled: whether the labels were shuffled in one of the trainings, as a control.
    """

    images: frozenset[bytes] = frozenset()
    shuffled: bool = False

    def also(self, other: Lineage) -> Lineage:
        """Return the union, for a model that comes from both."""
        return Lineage(self.images | other.images, self.shuffled or other.shuffled)

    def holds(self, content_hash: str) -> bool:
        """Return whether an image with this content hash was a training image."""
        return bool(content_hash) and _short(content_hash) in self.images

    def extra(self) -> dict[str, JsonValue]:
        """Return the entries for the card's `extra`: the sorted hashes as one base64 text."""
        packed = base64.b64encode(b"".join(sorted(self.images))).decode()
        return {_IMAGES: packed, **({_SHUFFLED: True} if self.shuffled else {})}


def trained_on(content_hashes: Iterable[str], *, shuffled: bool = False) -> Lineage:
    """Return the lineage of a model that is trained on images with these content hashes."""
    return Lineage(frozenset(map(_short, content_hashes)), shuffled)


def lineage_of(card: ModelCard, where: Path) -> Lineage:
    """Return the lineage recorded in a card.

    Raises:
        UserError: the record is damaged.
    """
    packed = card.extra.get(_IMAGES)
    try:
        if not isinstance(packed, str):
            raise ValueError("not a text")
        hashes = base64.b64decode(packed, validate=True)
        if len(hashes) % _BYTES:
            raise ValueError("truncated")
    except ValueError as problem:
        raise UserError(
            f"the card's {_IMAGES} cannot be read ({problem})",
            where=str(where),
            remedy="use a model as it was saved",
        ) from None
    images = (hashes[start : start + _BYTES] for start in range(0, len(hashes), _BYTES))
    return Lineage(frozenset(images), card.extra.get(_SHUFFLED) is True)


def lineage_beside(weights: Path) -> Lineage | None:
    """Return the lineage in the card of a weights file; None if the file has no card.

    Raises:
        UserError: the file has a card whose lineage is damaged.
    """
    card = card_of(weights)
    return None if card is None else lineage_of(card, weights)


def _short(content_hash: str) -> bytes:
    return bytes.fromhex(content_hash)[:_BYTES]
