"""The specification of a sample set: its size and seed, class ids, paths and split."""

from __future__ import annotations

from dataclasses import dataclass

from vitac_tui.errors import UserError

#: Not contiguous, as in ViTac, so that a reader that assumes 0..N-1 fails here rather than on the
#: user's data. The order is fixed, so that a larger set has the same ids for the same classes.
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
    """Everything that a sample set depends on; equal specs give equal bytes.

    Raises:
        UserError: a number is out of its range.
    """

    classes: int = 12
    """Number of cloths, 2 to 48."""
    presses: int = 16
    """Presses (tactile) and photos (visual) per class; at least 2, since at least one is test."""
    frames: int = 3
    """Tactile frames per press, and tiles per photo."""
    size: int = 96
    """Side of the square images in pixels; the patch of cloth is the same for each size."""
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
    """Return the class id in folder names and lists of the class at an index (from 0)."""
    return CLASS_IDS[class_index]


def image_path(modality: str, class_index: int, press: int, frame: int) -> str:
    """Return the path of an image relative to the folder of the set, with forward slashes."""
    folder = f"{_FOLDER_PREFIX[modality]}{class_id(class_index):04d}"
    return f"{folder}/{_GROUP_PREFIX[modality]}{press}_{frame}.png"


def held_out_presses(spec: SampleSpec) -> range:
    """Return the presses (or photos) of every class that are test: the last quarter.

    Presses are drawn independently, so the last ones are as good as random ones. They are the same
    in both modalities, so that pairs stay in one split.
    """
    count = max(1, round(spec.presses / 4))
    return range(spec.presses - count, spec.presses)
