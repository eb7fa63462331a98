"""What a model has learned from, as its card says: which images, and whether with true labels."""

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
_BYTES = 8  # of each content hash: two of a million images agree by chance once in 40 million


@dataclass(frozen=True)
class Lineage:
    """What a model, and the models that it comes from, were trained on.

    Attributes:
        images: the first bytes of each training image's content hash.
        shuffled: whether the labels of some were shuffled, as a control.
    """

    images: frozenset[bytes] = frozenset()
    shuffled: bool = False

    def also(self, other: Lineage) -> Lineage:
        """Of a model that has both histories."""
        return Lineage(self.images | other.images, self.shuffled or other.shuffled)

    def holds(self, content_hash: str) -> bool:
        """Whether an image of this content was among them."""
        return bool(content_hash) and _short(content_hash) in self.images

    def extra(self) -> dict[str, JsonValue]:
        """For the card: hashes sorted, as one base64 text."""
        packed = base64.b64encode(b"".join(sorted(self.images))).decode()
        return {_IMAGES: packed, **({_SHUFFLED: True} if self.shuffled else {})}


def trained_on(content_hashes: Iterable[str], *, shuffled: bool = False) -> Lineage:
    """The lineage of a model that is trained on images of these contents."""
    return Lineage(frozenset(map(_short, content_hashes)), shuffled)


def lineage_of(card: ModelCard, where: Path) -> Lineage:
    """What a card says.

    Raises:
        UserError: it says it in a form that no version wrote.
    """
    packed = card.extra.get(_IMAGES)
    try:
        if not isinstance(packed, str):
            raise ValueError("no text")
        hashes = base64.b64decode(packed, validate=True)
        if len(hashes) % _BYTES:
            raise ValueError("cut off")
    except ValueError as problem:
        raise UserError(
            f"the card's {_IMAGES} cannot be read ({problem})",
            where=str(where),
            remedy="use a model as it was saved",
        ) from None
    images = (hashes[start : start + _BYTES] for start in range(0, len(hashes), _BYTES))
    return Lineage(frozenset(images), card.extra.get(_SHUFFLED) is True)


def lineage_beside(weights: Path) -> Lineage | None:
    """What the card beside a weights file says; None where there is no card of this very file.

    Raises:
        UserError: it is the file's card, and its lineage cannot be read.
    """
    card = card_of(weights)
    return None if card is None else lineage_of(card, weights)


def _short(content_hash: str) -> bytes:
    return bytes.fromhex(content_hash)[:_BYTES]
