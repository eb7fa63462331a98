"""An experiment in the making: a preset, and the changes made to it since."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment import presets, toml
from vitac_tui.experiment.settings import Experiment
from vitac_tui.runs import directory
from vitac_tui.system.atomic import write_atomic


@dataclass(frozen=True)
class Draft:
    """A preset and `key=value` texts, which is what `--batch PRESET --set …` takes.

    So a run that is started from a form cannot differ from one that is started by hand.

    Attributes:
        dataset: the `[dataset]` table that was chosen as a whole, as it was chosen.
        before: what it was before the last change.
    """

    preset: str
    sets: tuple[str, ...] = ()
    dataset: Mapping[str, Any] | None = field(default=None, compare=False)
    before: Draft | None = field(default=None, compare=False, repr=False)

    def set(self, key: str, text: str) -> Draft:
        """With one setting changed; a later change of the same key replaces the earlier."""
        kept = tuple(known for known in self.sets if known.partition("=")[0] != key)
        return replace(self, sets=(*kept, f"{key}={text}"), before=self)

    def with_dataset(
        self, table: Mapping[str, Any], prepared: Mapping[str, Any] | None = None
    ) -> Draft:
        """With a whole `[dataset]` table, which replaces the preset's and every change of it.

        One text, since settings of another layout would be refused if they stayed. Where the
        table is silent, what is `prepared` holds.
        """
        kept = tuple(known for known in self.sets if _above(known) != "dataset")
        text = f"dataset={{{toml.inline({**(prepared or {}), **table})}}}"
        return replace(self, sets=(*kept, text), dataset=table, before=self)

    def changes(self, key: str) -> bool:
        """Whether a setting, or a table that it stands in, was changed."""
        known = (text.partition("=")[0] for text in self.sets)
        return any(key == changed or key.startswith(f"{changed}.") for changed in known)

    def undo(self) -> Draft:
        """As it was before the last change."""
        return self.before or self

    def resolve(self, root: Path | None) -> Experiment:
        """The experiment that it stands for. Raises UserError, which says what is wrong."""

        def find_run(text: str) -> tuple[str, dict[str, Any]]:
            return directory.experiment_data(root, text)

        return presets.load(self.preset, self.sets, find_run=find_run)


def _above(text: str) -> str:
    """The table that a `--set` text goes to."""
    return text.partition("=")[0].partition(".")[0]


def known_presets() -> tuple[tuple[str, str], ...]:
    """Name and description of the presets that come with the package and lie in ./presets."""
    found = presets.built_in()
    with suppress(OSError):
        found.update({str(path): path for path in sorted(Path("presets").glob("*.toml"))})
    return tuple((name, _description(path)) for name, path in found.items())


def _description(path: Path) -> str:
    try:
        return str(toml.parse(toml.read(path), str(path)).get("description", ""))
    except UserError as problem:
        return problem.what


def save(experiment: Experiment, path: Path, *, over: bool = False) -> None:
    """Write an experiment as a preset, atomically.

    Raises:
        UserError: the file exists and `over` was not said, or it cannot be written.
    """
    if path.suffix != ".toml":
        raise UserError("is no name for a preset", where=str(path), remedy="end it in .toml")
    if os.path.exists(path) and not over:  # noqa: PTH110 (that of Path may raise)
        raise UserError("exists already", where=str(path), remedy="choose another name")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, toml.dumps(experiment).encode())
    except OSError as problem:
        raise UserError(f"cannot be written ({problem.strerror})", where=str(path)) from None
