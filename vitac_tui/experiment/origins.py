"""Where each setting was given: the line of a file, or an option. Error messages name it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from vitac_tui.experiment.declare import Loc


@dataclass(frozen=True)
class Origins:
    """Where settings were given; not part of an experiment, so all compare as equal.

    Attributes:
        where: the preset's file, or "".
        lines: line number of each table and key in that file.
        given: what gave a key path instead of the file, such as `--set seed=1`.
    """

    where: str = field(default="", compare=False)
    lines: Mapping[Loc, int] = field(default_factory=dict, compare=False)
    given: Mapping[Loc, str] = field(default_factory=dict, compare=False)

    def also(self, given: Mapping[Loc, str]) -> Origins:
        """Return the origins with more settings that were not given by the file."""
        return replace(self, given={**self.given, **given})

    def place(self, loc: Loc) -> str:
        """Return where a key path, or the table around it, was given.

        That is `--set text`, `file:line` or the file.
        """
        tables = [loc[:end] for end in range(len(loc), 0, -1)]
        if found := next((self.given[table] for table in tables if table in self.given), ""):
            return found
        below = next((text for key, text in self.given.items() if key[: len(loc)] == loc), "")
        if loc and loc not in self.lines and below:
            return below
        line = next((self.lines[table] for table in tables if table in self.lines), 0)
        return f"{self.where}:{line}" if line else self.where

    def at_fault(self, keys: Sequence[Loc]) -> Loc:
        """Return the conflicting setting to name: one given by an option, else by the file."""
        for named in (self.given, self.lines):
            for key in keys:
                if key in named:
                    return key
        return keys[0]
