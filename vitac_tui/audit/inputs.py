"""What an assessment is based on, apart from the sample table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vitac_tui.audit.baselines import Baselines
from vitac_tui.audit.comparison import Comparison
from vitac_tui.audit.near_duplicates import NearDuplicates
from vitac_tui.audit.no_contact import NoContactBaseline


@dataclass(frozen=True)
class AuditInputs:
    """What is known of a dataset apart from its sample table.

    Attributes:
        hashes: content hash of each sample's file ("" if unknown); None if no file was read.
        comparison: result of comparing the decoded images; None if they were not compared.
        no_contact: baseline on frames without contact; None if it was not run.
        split_remedy: how the user can get all images of a group into one split.
    """

    hashes: Sequence[str] | None = None
    comparison: Comparison | None = None
    no_contact: NoContactBaseline | None = None
    split_remedy: str = "Split by group"

    @property
    def pixels(self) -> Sequence[str] | None:
        """Hash of each sample's decoded pixels; None if they were not compared."""
        return self.comparison.pixels if self.comparison else None

    def near(self, split: str, other: str) -> NearDuplicates | None:
        """Return the near-duplicates of `other` in `split`; None if they were not searched."""
        if self.comparison is None:
            return None
        if other == "train":
            return self.comparison.near.get(split)
        return self.comparison.val_in_test

    def baselines(self, split: str) -> Baselines | None:
        """Return the baselines of a held-out split; None if they were not run."""
        return self.comparison.baselines.get(split) if self.comparison else None


#: For a table of which no file was read.
NAMES_ONLY = AuditInputs()
