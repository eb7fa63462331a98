"""Where every setting of an experiment was given, for errors that are found after parsing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from vitac_tui.experiment.declare import Loc


@dataclass(frozen=True)
class Origins:
    """Where settings were given; it is no part of an experiment, so all of them are equal.

    Attributes:
        where: the preset's file, or "" where there is none.
        lines: line number of the tables and keys in that file.
        given: what gave a key path instead of the file, such as `--set seed=1`.
    """

    where: str = field(default="", compare=False)
    lines: Mapping[Loc, int] = field(default_factory=dict, compare=False)
    given: Mapping[Loc, str] = field(default_factory=dict, compare=False)

    def also(self, given: Mapping[Loc, str]) -> Origins:
        """With more that was given beside the file."""
        return replace(self, given={**self.given, **given})

    def place(self, loc: Loc) -> str:
        """`--set text`, `file:line`, or the file, whichever gave a key path or the table of it."""
        tables = [loc[:end] for end in range(len(loc), 0, -1)]
        if found := next((self.given[table] for table in tables if table in self.given), ""):
            return found
        below = next((text for key, text in self.given.items() if key[: len(loc)] == loc), "")
        if loc and loc not in self.lines and below:
            return below
        line = next((self.lines[table] for table in tables if table in self.lines), 0)
        return f"{self.where}:{line}" if line else self.where

    def at_fault(self, keys: Sequence[Loc]) -> Loc:
        """Of settings that do not fit each other, the one given beside the file, else in it."""
        for named in (self.given, self.lines):
            for key in keys:
                if key in named:
                    return key
        return keys[0]
