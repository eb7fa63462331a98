"""The preset being edited in the app, with the changes made to it."""

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
    """A preset and `key=value` texts, as `--batch PRESET --set …` takes them.

    So a run started from the form cannot differ from one started on the command line.

    Attributes:
        dataset: the `[dataset]` table chosen on the dataset screen, unchanged; None if none was.
        before: the draft before the last change.
    """

    preset: str
    sets: tuple[str, ...] = ()
    dataset: Mapping[str, Any] | None = field(default=None, compare=False)
    before: Draft | None = field(default=None, compare=False, repr=False)

    def set(self, key: str, text: str) -> Draft:
        """Return the draft with one setting changed, replacing an earlier change of that key."""
        kept = tuple(known for known in self.sets if known.partition("=")[0] != key)
        return replace(self, sets=(*kept, f"{key}={text}"), before=self)

    def with_dataset(
        self, table: Mapping[str, Any], prepared: Mapping[str, Any] | None = None
    ) -> Draft:
        """Return the draft with another `[dataset]` table, dropping earlier changes of it.

        The table is replaced as a whole, because settings of another layout would be rejected.
        Values of `prepared` apply to settings that the table does not have.
        """
        kept = tuple(known for known in self.sets if _table_of(known) != "dataset")
        text = f"dataset={{{toml.inline({**(prepared or {}), **table})}}}"
        return replace(self, sets=(*kept, text), dataset=table, before=self)

    def changes(self, key: str) -> bool:
        """Tell whether a setting, or a table that contains it, was changed."""
        known = (text.partition("=")[0] for text in self.sets)
        return any(key == changed or key.startswith(f"{changed}.") for changed in known)

    def undo(self) -> Draft:
        """Return the draft before the last change."""
        return self.before or self

    def resolve(self, root: Path | None) -> Experiment:
        """Return the experiment of the draft.

        Raises:
            UserError: the settings are not valid.
        """

        def find_run(text: str) -> tuple[str, dict[str, Any]]:
            return directory.experiment_data(root, text)

        return presets.load(self.preset, self.sets, find_run=find_run)


def _table_of(text: str) -> str:
    """Return the first part of the key of a `--set` text."""
    return text.partition("=")[0].partition(".")[0]


def known_presets() -> tuple[tuple[str, str], ...]:
    """Return name and description of the built-in presets and of those in ./presets."""
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
        UserError: the file exists and `over` is false, or it cannot be written.
    """
    if path.suffix != ".toml":
        raise UserError(
            "is not a preset's file name", where=str(path), remedy="let the name end in .toml"
        )
    if os.path.exists(path) and not over:  # noqa: PTH110 (Path.exists may raise)
        raise UserError("already exists", where=str(path), remedy="choose another name")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, toml.dumps(experiment).encode())
    except OSError as problem:
        raise UserError(f"cannot be written ({problem.strerror})", where=str(path)) from None
