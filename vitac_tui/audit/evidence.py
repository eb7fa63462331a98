"""What is known of a table beside its names, and how findings speak of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vitac_tui.audit.compare import Compared
from vitac_tui.audit.contact import NoContact
from vitac_tui.audit.near_copies import NEAR, NearCopies
from vitac_tui.audit.probes import Probes
from vitac_tui.data.table import TITLE
from vitac_tui.errors import counted

REMOVE = "remove from one side"


@dataclass(frozen=True)
class Evidence:
    """What is known of a table beside its names.

    Attributes:
        hashes: content hash of each sample ("" = unknown); None when no file was read yet.
        compared: what comparing the decoded images gave; None when they were not compared.
        no_contact: what frames without contact gave; None when none were looked for.
        apart: what the user can do to get groups onto one side.
    """

    hashes: Sequence[str] | None = None
    compared: Compared | None = None
    no_contact: NoContact | None = None
    apart: str = "split by group"

    @property
    def pixels(self) -> Sequence[str] | None:
        """Hash of each sample's decoded pixels."""
        return self.compared.pixels if self.compared else None

    def near(self, split: str) -> NearCopies | None:
        """The near copies found in a held-out split, None where they were not searched."""
        return self.compared.near.get(split) if self.compared else None

    @property
    def chosen_by(self) -> NearCopies | None:
        """The near copies of validation images found among the test images, likewise."""
        return self.compared.chosen_by if self.compared else None

    def probes(self, split: str) -> Probes | None:
        """What trivial classifiers score on it."""
        return self.compared.probes.get(split) if self.compared else None


NAMES_ALONE = Evidence()


def near_found(near: NearCopies) -> str:
    """How many near copies were found where they are no leak."""
    alone = ", all in one class" if near.pairs and not near.near_spread else ""
    return f"{round(near.near * near.images)} of {near.images}{alone}{best(near)}"


def best(near: NearCopies) -> str:
    """The medians of the best matches, in brackets."""
    if near.median_same is None:
        return ""
    others = "" if near.median_other is None else f", other classes {near.median_other:.2f}"
    return f" (best match: median {near.median_same:.2f}{others})"


def judged(near: NearCopies, split: str, among: str = "train") -> str:
    """A leak, or a doubt, and what it consists in: images of a split and those they resemble."""
    drawn = f" drawn from {near.of}" if near.sampled else ""
    of = f"of {counted(near.images, f'{TITLE[split]} image')}{drawn}"
    if near.judgement == "leak":
        doubt = ", fixed markers not excluded" if near.one_class else ""
        return (
            f"leak{doubt}: {round(near.near * near.images)} {of} have a near copy among "
            f"{TITLE[among]} images{best(near)}"
        )
    return (
        f"inconclusive: {round((near.near + near.unclear) * near.images)} {of} match "
        f"{TITLE[among]} images of their class above {NEAR}, but other classes match nearly as "
        f"well, as fixed markers make them{best(near)}"
    )


def percent(share: float) -> str:
    """A share in per cent."""
    return f"{100 * share:.1f} %"
