"""What a sample set is: its size, its seed, and the class ids and split that follow from them."""

from __future__ import annotations

from dataclasses import dataclass

from vitac_tui.errors import UserError

#: Ids below 1000 and not contiguous, as in ViTac: a reader that assumes 0..N-1 must fail here
#: rather than on the user's data. The order is fixed, so a larger set keeps the ids of a smaller.
CLASS_IDS: tuple[int, ...] = (
    *(11, 22, 23, 35, 50, 57, 65, 75, 87, 91, 101, 107),
    *(112, 118, 129, 130, 146, 153, 158, 171, 184, 185, 203, 210),
    *(226, 239, 247, 262, 268, 281, 290, 305, 317, 324, 338, 349),
    *(352, 366, 371, 388, 402, 415, 427, 433, 456, 468, 479, 501),
)

MODALITIES: tuple[str, ...] = ("visual", "tactile")

_FOLDER_PREFIX = {"visual": "vis", "tactile": "CD"}
_GROUP_PREFIX = {"visual": "photo", "tactile": "press"}

_BOUNDS: dict[str, tuple[int, int]] = {
    "classes": (2, len(CLASS_IDS)),
    "presses": (2, 1000),
    "frames": (1, 1000),
    "size": (32, 1024),
    "seed": (0, 2**63 - 1),
}


@dataclass(frozen=True)
class SampleSpec:
    """Everything that the sample set depends on; two equal specs give equal bytes.

    Raises UserError when a number is out of its range.
    """

    classes: int = 12
    """Number of cloths, 2 to 48."""
    presses: int = 16
    """Presses (tactile) and photos (visual) of each class; 2 or more, as one at least is test."""
    frames: int = 3
    """Tactile frames of a press, and tiles of a photo."""
    size: int = 96
    """Side of the square images in pixels. The patch of cloth shown does not depend on it."""
    seed: int = 0

    def __post_init__(self) -> None:
        for name, (low, high) in _BOUNDS.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                raise UserError(
                    f"{name} of the sample set is {value!r}",
                    where=name,
                    remedy=f"give a whole number from {low} to {high}",
                )


def class_id(class_index: int) -> int:
    """Id that stands in folder names and lists for the class at this index (from 0)."""
    return CLASS_IDS[class_index]


def image_path(modality: str, class_index: int, press: int, frame: int) -> str:
    """Path of one image relative to the folder of the set, with forward slashes."""
    folder = f"{_FOLDER_PREFIX[modality]}{class_id(class_index):04d}"
    return f"{folder}/{_GROUP_PREFIX[modality]}{press}_{frame}.png"


def held_out_presses(spec: SampleSpec) -> range:
    """Say which presses (or photos) of every class are test: the last quarter.

    Presses are drawn independently of each other, so the last ones are as good as random ones;
    both modalities hold out the same indices, so that pairs stay on one side.
    """
    count = max(1, round(spec.presses / 4))
    return range(spec.presses - count, spec.presses)
