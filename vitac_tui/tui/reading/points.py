"""The points of the Prune screen's curve: of a sweep, and of what was scored by hand."""

from __future__ import annotations

from dataclasses import dataclass, field

from vitac_tui.runs.lines import against_dense, interval
from vitac_tui.runs.results import Results
from vitac_tui.runs.rows import AgainstDenseRow


@dataclass(frozen=True)
class Scored:
    """A score by hand: of which list but for the amount at the cursor, and how good.

    Attributes:
        against: the comparison with the dense model; None for the dense model itself.
    """

    shape: str
    amount: float
    top1: float
    against: AgainstDenseRow | None = None


@dataclass
class Points:
    """What there is to choose an amount from, and the one that is marked.

    Attributes:
        results: of the run that sweeps; the source's where there is none.
        shape: of the list at hand; scores of other lists do not compare.
    """

    results: Results
    shape: str = ""
    scored: list[Scored] = field(default_factory=list)
    marked: float | None = None

    @property
    def here(self) -> list[Scored]:
        """Scores of the list at hand."""
        return [point for point in self.scored if point.shape == self.shape]

    @property
    def suggested(self) -> float | None:
        """The amount that the sweep chose."""
        rows = {row["id"]: row for row in self.results.models}
        for choice in self.results.selected:
            row = rows.get(choice["row"]) if isinstance(choice["row"], str) else None
            if choice["what"] == "amount" and row is not None and row["amount"] is not None:
                return row["amount"]
        return None

    @property
    def taken(self) -> float | None:
        """The amount to take: the marked one, else the suggested one."""
        return self.suggested if self.marked is None else self.marked

    def mark(self, by: int) -> None:
        """Mark the next point, or the one before."""
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
        """What is known of the marked point."""
        if self.marked is None:
            return "there are no points yet; s scores one, g sweeps"
        texts = []
        for row in self.results.models:
            if row["amount"] == self.marked:
                change = against_dense(row["eval"])
                against = f", {change} points against dense" if change != "-" else ""
                texts.append(f"{row['id']}: {interval(row['eval'])} %{against}")
        return f"{self.marked:g}  {'; '.join(texts)}{'  ' if texts else ''}t takes it"
