"""Adds to an error about a setting the place where the setting was given."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel

from vitac_tui.errors import UserError
from vitac_tui.experiment import tree
from vitac_tui.experiment.declare import Loc
from vitac_tui.experiment.settings import Experiment


@contextmanager
def locating(experiment: Experiment) -> Iterator[None]:
    """Add to errors of the block whose `where` is a setting where that setting was given.

    Raises:
        UserError: the error with its place, or the system refused a path.
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
    """Return the key path of a text such as `variant.b.prune.0.layers`, or () if it is not one."""
    loc: Loc = ()
    while key:
        steps: dict[str, tuple[str | int, Any]] = {}  # what can come next
        if isinstance(at, BaseModel):
            for name, entry in tree.entries(type(at)).items():
                steps[name] = (name, getattr(at, entry.attribute))
        elif isinstance(at, tuple):
            for number, item in enumerate(at):
                steps[str(number)] = steps[getattr(item, "name", str(number))] = (number, item)
        fitting = [step for step in steps if f"{key}.".startswith(f"{step}.")]
        if not fitting:
            return ()
        step = max(fitting, key=len)  # a variant's name may contain dots
        key = key[len(step) + 1 :]
        part, at = steps[step]
        loc = (*loc, part)
    return loc
