"""Where every setting of an experiment was given, for errors that are found after parsing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from vitac_tui.errors import UserError
from vitac_tui.experiment.declare import Loc

if TYPE_CHECKING:
    from vitac_tui.experiment.settings import Experiment


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


@contextmanager
def locating(experiment: Experiment) -> Iterator[None]:
    """Say where the experiment has what is wrong within, if an error's `where` is a key of it.

    Raises:
        UserError: the error with its place; or the system refused a path.
    """
    try:
        yield
    except UserError as error:
        loc = _key_path(experiment, error.where)
        if not loc or not experiment.origins.where:
            raise
        place = f"{experiment.origins.place(loc)}: {error.where}"
        raise UserError(error.what, where=place, remedy=error.remedy) from error
    except OSError as problem:  # such as a name that is too long
        where = str(problem.filename or "")
        raise UserError(f"cannot be used ({problem.strerror})", where=where) from problem


def _key_path(at: Any, key: str) -> Loc:
    """The key path that a text such as `variant.b.prune.0.layers` names, or () where it is none."""
    loc: Loc = ()
    while key:
        steps: dict[str, tuple[str | int, Any]] = {}  # what can be written here, and what it means
        if isinstance(at, BaseModel):
            for name, info in type(at).model_fields.items():
                steps[info.alias or name] = (info.alias or name, getattr(at, name))
        elif isinstance(at, tuple):
            for number, item in enumerate(at):
                steps[str(number)] = steps[getattr(item, "name", str(number))] = (number, item)
        fitting = [step for step in steps if f"{key}.".startswith(f"{step}.")]
        if not fitting:
            return ()
        step = max(fitting, key=len)  # a variant's name may hold dots
        key = key[len(step) + 1 :]
        part, at = steps[step]
        loc = (*loc, part)
    return loc
