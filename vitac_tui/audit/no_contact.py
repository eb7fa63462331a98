"""Baseline on tactile frames without contact: nothing is touched, so nothing should give the class.

Frames of one press share light and markers, so contact is what distinguishes its quietest frame
from its loudest. If the quietest shows nothing of what the loudest adds, it is without contact.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from vitac_tui.audit.downsampled import Floats, downsample
from vitac_tui.audit.nearest import Labels, as_keys, as_queries
from vitac_tui.audit.overlaps import groups
from vitac_tui.data.table import SampleTable
from vitac_tui.errors import counted
from vitac_tui.images.images import Pixels
from vitac_tui.images.mapped import reading_ahead

#: The quietest frame may correlate with this fraction of what the loudest adds, with either sign.
#: Frames of different places differ by more.
TRACE = 0.1
#: The loudest frame must add this many grey levels (root mean square of the high-passed image).
ADDED = 2.0
#: Presses that are examined, and frames of each, spread evenly.
MAX_PRESSES, MAX_FRAMES = 500, 8
#: The baseline needs this many classes that have this many presses with a frame without contact.
MIN_PRESSES, MIN_CLASSES = 2, 2
#: The class is given away from this many standard deviations above chance on.
DEVIATIONS = 3.0


@dataclass(frozen=True)
class NoContactBaseline:
    """A nearest-neighbour baseline on frames without contact, one per press.

    Attributes:
        reason: why there is no such baseline; "" if there is one.
        frames: number of frames.
        classes: number of their classes.
        pixels: top-1 of the nearest other frame, by colours on a coarse grid.
        colour: top-1 of the nearest other frame, by mean colour; moving markers hardly affect it.
        chance: top-1 of always answering the largest class.
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
    def beats_chance(self) -> bool:
        """Whether the background alone predicts the class."""
        if self.reason:
            return False
        deviation = math.sqrt(self.chance * (1 - self.chance) / self.frames)
        return self.top1 > self.chance + DEVIATIONS * deviation

    def record(self) -> dict[str, Any]:
        """Return the baseline for `results.json`."""
        return {"applies": not self.reason, **asdict(self)}


def no_contact_baseline(table: SampleTable, pixels: Pixels, modality: str) -> NoContactBaseline:
    """Find frames without contact and classify each by its nearest other one.

    Args:
        table: the samples.
        pixels: uint8 [rows, size, size, 3], the decoded image of each sample.
        modality: of the dataset. Photos have no contact, so the baseline does not apply.
    """
    if modality != "tactile":
        return NoContactBaseline("photos show no contact")
    presses = list(_presses(table))
    if not presses:
        return NoContactBaseline("no press is known to have several frames")
    found = [
        (label, background)
        for label, rows in reading_ahead(pixels, presses, lambda press: np.array(press[1]))
        if (background := _background(pixels[rows]))
    ]
    labels = np.array([label for label, _ in found])
    _, counts = np.unique(labels, return_counts=True)
    if not found:
        of = counted(len(presses), "press", "presses")
        return NoContactBaseline(f"none of {of} has a frame without contact")
    if (counts >= MIN_PRESSES).sum() < MIN_CLASSES:
        few = f"{len(found)} of {len(presses)} presses have a frame without contact"
        return NoContactBaseline(f"{few}, in too few classes", len(found), len(counts))
    return NoContactBaseline(
        "",
        len(found),
        len(counts),
        _leave_one_out(np.stack([coarse for _, (coarse, _) in found]), labels),
        _leave_one_out(np.stack([colour for _, (_, colour) in found]), labels),
        round(float(counts.max() / counts.sum()), 4),
    )


def _leave_one_out(features: Floats, labels: Labels) -> float:
    """Return the share of rows whose nearest other row has the same label."""
    product = as_queries(features) @ as_keys(features).T
    np.fill_diagonal(product, -np.inf)
    return round(float((labels[product.argmax(1)] == labels).mean()), 4)


def _presses(table: SampleTable) -> Iterator[tuple[int, list[int]]]:
    """Yield the class and the rows of each press; of very many presses, a random sample."""
    rows_of: dict[Hashable, list[int]] = defaultdict(list)
    for row, key in enumerate(groups(table)):
        if key is not None:
            rows_of[key].append(row)
    presses = [rows for rows in rows_of.values() if len(rows) > 1]
    if len(presses) > MAX_PRESSES:
        drawn = np.random.default_rng(0).choice(len(presses), MAX_PRESSES, replace=False)
        presses = [presses[number] for number in np.sort(drawn)]
    for rows in presses:
        rows.sort(key=lambda row: table.samples[row].frame)
        spread = np.linspace(0, len(rows) - 1, min(len(rows), MAX_FRAMES)).astype(int)
        yield table.samples[rows[0]].label, [rows[number] for number in spread]


def _background(images: Pixels) -> tuple[Floats, Floats] | None:
    """Return coarse and mean colours of a press's frame without contact; None without one."""
    made = downsample(images)
    energy = (made.high_pass**2).sum(1)
    quietest = int(energy.argmin())
    quiet = made.high_pass[quietest]
    added = made.high_pass[int(energy.argmax())] - quiet
    power = float(added @ added)
    if power < ADDED**2 * len(added) or abs(float(added @ quiet)) > TRACE * power:
        return None
    return made.coarse[quietest], made.colour[quietest]
