"""What tactile frames without contact give away: with nothing touched, nothing should tell a class.

The frames of one press share light and markers, so contact is what tells its quietest frame from
its loudest one. Where the quietest shows none of what the loudest adds, it is without contact.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vitac_tui.audit.crops import Floats, crop
from vitac_tui.audit.nearest import Labels, as_keys, as_queries
from vitac_tui.audit.overlaps import groups
from vitac_tui.data.table import SampleTable
from vitac_tui.errors import counted
from vitac_tui.images.images import Pixels
from vitac_tui.images.mapped import reading_ahead

#: Share of what the loudest frame adds that the quietest may show, with either sign: frames of
#: different places differ by more.
TRACE = 0.1
#: What the loudest must add, in grey levels (root mean square of the high-passed crop).
ADDED = 2.0
#: Presses that are looked at, and frames of each, spread evenly.
MOST_PRESSES, MOST_FRAMES = 500, 8
#: Presses without contact in a frame that a class must have, and classes, for a probe.
LEAST_PRESSES, LEAST_CLASSES = 2, 2
#: Standard deviations above chance from which the probe tells something.
BEYOND = 3.0


@dataclass(frozen=True)
class NoContact:
    """What a nearest neighbour makes of frames without contact, one a press.

    Attributes:
        reason: why there is no such probe; "" where there is one.
        frames: how many there are, one a press.
        classes: how many classes they are of.
        pixels: share whose nearest other one, by colours on a coarse grid, is of its class.
        colour: the same by mean colour, which moving markers leave alone.
        chance: what always answering the largest class would score.
    """

    reason: str = ""
    frames: int = 0
    classes: int = 0
    pixels: float = 0.0
    colour: float = 0.0
    chance: float = 0.0

    @property
    def top1(self) -> float:
        """The better of the two."""
        return max(self.pixels, self.colour)

    @property
    def tells(self) -> bool:
        """Whether the background alone predicts the class, beyond chance."""
        if self.reason:
            return False
        deviation = math.sqrt(self.chance * (1 - self.chance) / self.frames)
        return self.top1 > self.chance + BEYOND * deviation

    def record(self) -> dict[str, Any]:
        """For `results.json`."""
        return {"applies": not self.reason, **asdict(self)}


def no_contact(table: SampleTable, pixels: Pixels, modality: str) -> NoContact:
    """Find frames without contact, and probe them.

    Args:
        table: the samples.
        pixels: uint8 [rows, size, size, 3], the decoded image of each.
        modality: of the dataset; photos have no contact to lack.
    """
    if modality != "tactile":
        return NoContact("photos have no contact to lack")
    presses = list(_presses(table))
    if not presses:
        return NoContact("no two frames are known to be of one press")
    found = [
        (label, crops)
        for label, rows in reading_ahead(pixels, presses, lambda press: np.array(press[1]))
        if (crops := _quiet(pixels[rows]))
    ]
    labels = np.array([label for label, _ in found])
    _, counts = np.unique(labels, return_counts=True)
    if not found:
        of = counted(len(presses), "press", "presses")
        return NoContact(f"none of {of} has a frame without contact")
    if (counts >= LEAST_PRESSES).sum() < LEAST_CLASSES:
        few = f"{len(found)} of {len(presses)} presses have a frame without contact: too few"
        return NoContact(f"{few} classes", len(found), len(counts))
    return NoContact(
        "",
        len(found),
        len(counts),
        _alike(np.stack([coarse for _, (coarse, _) in found]), labels),
        _alike(np.stack([colour for _, (_, colour) in found]), labels),
        round(float(counts.max() / counts.sum()), 4),
    )


def _alike(features: Floats, labels: Labels) -> float:
    """Share of rows whose nearest other row has their label."""
    product = as_queries(features) @ as_keys(features).T
    np.fill_diagonal(product, -np.inf)
    return round(float((labels[product.argmax(1)] == labels).mean()), 4)


def _presses(table: SampleTable) -> Iterator[tuple[int, list[int]]]:
    """Class and rows of presses, drawn at random where there are very many."""
    rows_of: dict[Hashable, list[int]] = defaultdict(list)
    for row, key in enumerate(groups(table)):
        if key is not None:
            rows_of[key].append(row)
    presses = [rows for rows in rows_of.values() if len(rows) > 1]
    if len(presses) > MOST_PRESSES:
        drawn = np.random.default_rng(0).choice(len(presses), MOST_PRESSES, replace=False)
        presses = [presses[number] for number in np.sort(drawn)]
    for rows in presses:
        rows.sort(key=lambda row: table.samples[row].frame)
        spread = np.linspace(0, len(rows) - 1, min(len(rows), MOST_FRAMES)).astype(int)
        yield table.samples[rows[0]].label, [rows[number] for number in spread]


def _quiet(images: Pixels) -> tuple[Floats, Floats] | None:
    """Coarse and mean colours of a press's frame without contact; None where there is none."""
    made = crop(images)
    energy = (made.high_pass**2).sum(1)
    quietest = int(energy.argmin())
    quiet = made.high_pass[quietest]
    added = made.high_pass[int(energy.argmax())] - quiet
    power = float(added @ added)
    if power < ADDED**2 * len(added) or abs(float(added @ quiet)) > TRACE * power:
        return None
    return made.coarse[quietest], made.colour[quietest]
