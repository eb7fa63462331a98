"""The points of the Prune screen's curve: those of a sweep and those scored by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

from vitac_tui.runs.lines import against_dense, interval
from vitac_tui.runs.results import Results
from vitac_tui.runs.rows import AgainstDenseRow


@dataclass(frozen=True)
class Scored:
    """A score that the user asked for on the Prune screen.

    Attributes:
        shape: identifies the list of steps apart from the amount under the cursor.
        amount: the amount under the cursor.
        top1: accuracy as a fraction.
        against: the comparison with the dense model; None for the dense model itself.
    """

    shape: str
    amount: float
    top1: float
    against: AgainstDenseRow | None = None


@dataclass
class Points:
    """The points to choose an amount from, and the marked one.

    Attributes:
        results: results of the sweep; those of the source run if there is no sweep.
        shape: identifies the current list; scores of other lists are not comparable.
        scored: all points scored by hand.
        marked: the marked amount.
    """

    results: Results
    shape: str = ""
    scored: list[Scored] = field(default_factory=list)
    marked: float | None = None

    @property
    def here(self) -> list[Scored]:
        """Return the scores of the current list."""
        return [point for point in self.scored if point.shape == self.shape]

    @property
    def suggested(self) -> float | None:
        """Return the amount that the sweep chose."""
        rows = {row["id"]: row for row in self.results.models}
        for choice in self.results.selected:
            row = rows.get(choice["row"]) if isinstance(choice["row"], str) else None
            if choice["what"] == "amount" and row is not None and row["amount"] is not None:
                return row["amount"]
        return None

    @property
    def taken(self) -> float | None:
        """Return the amount to take: the marked one, otherwise the suggested one."""
        return self.suggested if self.marked is None else self.marked

    def mark(self, by: int) -> None:
        """Mark the next or the previous point."""
        swept = {row["amount"] for row in self.results.models if row["amount"]}
        amounts = sorted(swept | {point.amount for point in self.here})
        at = self.taken
        if not amounts:
            return
        if at is None or at not in amounts:
            self.marked = amounts[0 if by > 0 else -1]
        else:
            self.marked = amounts[max(0, min(amounts.index(at) + by, len(amounts) - 1))]

    def about(self) -> str:
        """Describe the marked point."""
        if self.marked is None:
            return "no points yet: press s to score one, or g to sweep"
        texts = []
        for row in self.results.models:
            if row["amount"] == self.marked:
                change = against_dense(row["eval"])
                against = f", {change} points against dense" if change != "-" else ""
                texts.append(f"{row['id']}: {interval(row['eval'])} %{against}")
        return f"{self.marked:g}  {'; '.join(texts)}{'  ' if texts else ''}t takes it"
