"""What other installed packages add: architectures, dataset layouts and pruning steps.

A package declares them as entry points (docs/extending.md). The installed packages are searched
only when a name is not built in, or when all names are listed, and once per process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Generic, TypeVar

ARCHITECTURES = "vitac_tui.architectures"
LAYOUTS = "vitac_tui.layouts"
PRUNING_STEPS = "vitac_tui.pruning_steps"

T = TypeVar("T")


class PluginError(ValueError):
    """A plug-in cannot be used; the message names the distribution that it comes from."""


@dataclass(frozen=True)
class Plugin:
    """An entry point of an installed package."""

    name: str
    reference: str  # "package.module:attribute"
    distribution: str  # name and version
    summary: str  # the distribution's, "" if it has none

    def load(self) -> Any:
        """Import the object.

        Raises:
            PluginError: importing it fails.
        """
        module, _, attribute = self.reference.partition(":")
        try:
            return getattr(import_module(module), attribute)
        except Exception as error:  # it is somebody else's code
            raise self.broken(f"{type(error).__name__}: {error}") from error

    def broken(self, why: str) -> PluginError:
        """Return the error that says why the plug-in cannot be used."""
        return PluginError(f"{self.name!r} of {self.distribution} cannot be used ({why})")


@cache
def find(group: str) -> Mapping[str, Plugin]:
    """Return the plug-ins of an entry point group by name; of two equal names, the first found."""
    from importlib.metadata import entry_points  # late: searching takes tens of milliseconds

    found: dict[str, Plugin] = {}
    for entry in entry_points(group=group):
        package = entry.dist
        assert package is not None, entry  # none only of entry points that were made by hand
        summary = str(package.metadata.json.get("summary", ""))
        plugin = Plugin(entry.name, entry.value, f"{package.name} {package.version}", summary)
        found.setdefault(entry.name, plugin)
    return found


def distribution_of(module: str) -> str:
    """Return the name of the installed package that a module belongs to."""
    from importlib.metadata import packages_distributions

    top = module.partition(".")[0]
    return next(iter(packages_distributions().get(top, ())), top)


class Extensible(Mapping[str, T], Generic[T]):
    """Things that users pick by name: the built-in ones, then those of installed packages.

    A plug-in never replaces a built-in thing. A broken one raises `PluginError` when it is looked
    up by its name, and is left out of listings.

    Attributes:
        built_in: things by name.
    """

    def __init__(self, built_in: Mapping[str, T], group: str, make: Callable[[Plugin], T]) -> None:
        """Join `built_in` with the entry points of `group`, which `make` turns into things."""
        self.built_in = built_in
        self._group = group
        self._make = make
        self._made: dict[str, T] = {}

    def __getitem__(self, name: str) -> T:
        if name in self.built_in:
            return self.built_in[name]
        if name not in self._made:
            self._made[name] = self._make(find(self._group)[name])
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self.built_in or name in find(self._group)

    def __iter__(self) -> Iterator[str]:
        yield from self.built_in
        for name in find(self._group):
            if name not in self.built_in and self._works(name):
                yield name

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _works(self, name: str) -> bool:
        try:
            self[name]
        except PluginError:
            return False
        return True
