"""Find presets by name or path, and resolve them to experiments."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import ValidationError

import vitac_tui
from vitac_tui.errors import UserError
from vitac_tui.experiment import overrides as overriding
from vitac_tui.experiment import problems, toml
from vitac_tui.experiment.declare import Loc
from vitac_tui.experiment.locate import locating
from vitac_tui.experiment.origins import Origins
from vitac_tui.experiment.registries import near
from vitac_tui.experiment.settings import Experiment

# Returns path and experiment data of the run that a name, a prefix or a path stands for.
FindRun = Callable[[str], tuple[str, dict[str, Any]]]


def built_in() -> dict[str, Path]:
    """Return the files of the built-in presets by name."""
    return {path.stem: path for path in sorted(_folder().glob("*.toml"))}


def _folder() -> Path:
    """Return the folder of the built-in presets: in the package, or next to it in a checkout."""
    package = Path(vitac_tui.__file__).parent
    inside = package / "presets"
    return inside if inside.is_dir() else package.parent / "presets"


def find(source: str) -> Path:
    """Return the file of a preset that is given by name or by path."""
    known = built_in()
    if source in known:
        return known[source]
    path = Path(source)
    if path.suffix == ".toml" or len(path.parts) > 1:
        return path
    with suppress(OSError, ValueError):  # the name cannot be that of a file
        if path.exists():
            return path
    raise UserError(
        f"no preset {source!r}{near(source, known)}", remedy="name a preset or a .toml file"
    )


def load(
    source: str,
    sets: Sequence[str] = (),
    *,
    working_dir: Path | None = None,
    find_run: FindRun | None = None,
) -> Experiment:
    """Return the experiment of a preset, with `--set` texts applied.

    Args:
        source: name of a built-in preset, or path of a TOML file.
        sets: `key.path=value` texts, applied in order.
        working_dir: base of relative paths; the current directory by default.
        find_run: looks up the run that `from_run` names.

    Raises:
        UserError: with file, line and key, for anything wrong.
    """
    path = find(source)
    text = toml.read(path)
    return resolve(
        toml.parse(text, str(path)),
        sets,
        text=text,
        where=str(path),
        working_dir=working_dir,
        find_run=find_run,
    )


def resolve(
    data: dict[str, Any],
    sets: Sequence[str] = (),
    *,
    text: str = "",
    where: str = "experiment",
    working_dir: Path | None = None,
    find_run: FindRun | None = None,
) -> Experiment:
    """Return the experiment of preset data and overrides, validated, with absolute paths."""
    origins = Origins(where, toml.key_lines(text))
    toml.refuse_unfit(data, origins)
    changes = [overriding.parse_override(text) for text in sets]
    data, origins = _inherit(data, changes, find_run, origins)
    placed: dict[Loc, overriding.Override] = {}
    for change in changes:
        if not (find_run and change.path == ("from_run",)):  # now the run's path
            placed[overriding.apply(data, change)] = change
    origins = origins.also({loc: change.where for loc, change in placed.items()})
    try:
        experiment = _validate(data, placed)
    except ValidationError as error:
        raise problems.as_user_error(problems.first_problem(error, data), origins) from None
    _refuse_idle(experiment, changes)
    experiment._origins = origins
    with locating(experiment):
        return _absolute(experiment, working_dir or Path.cwd())


def _validate(data: dict[str, Any], placed: dict[Loc, overriding.Override]) -> Experiment:
    """Validate preset data; an override of a text setting is taken as it was typed."""
    try:
        return Experiment.model_validate(data)
    except ValidationError as error:
        texts = [problems.located(e) for e in error.errors() if e["type"] == "string_type"]
        typed = [placed[loc] for loc in texts if loc in placed]
        if not typed:
            raise
        for change in typed:
            overriding.apply(data, change, as_text=True)
        return Experiment.model_validate(data)


def _inherit(
    data: dict[str, Any],
    changes: Sequence[overriding.Override],
    find_run: FindRun | None,
    origins: Origins,
) -> tuple[dict[str, Any], Origins]:
    """Return preset data in which `from_run` has set dataset and model, and trains nothing.

    A model can be pruned and evaluated only on the data that it was trained for. So the run's
    `[dataset]` and `[model]` replace those of the preset; `--set` takes precedence over both.
    """
    data = copy.deepcopy(data)
    wanted = data.get("from_run", "")
    for change in changes:
        if change.path == ("from_run",):
            wanted = change.raw if not isinstance(change.value, str) else change.value
            origins = origins.also({change.path: change.where})
    if not isinstance(wanted, str) or not wanted or find_run is None:
        return data, origins
    if wanted == _split_from(data):  # a resolved text, which has inherited already
        return data, origins
    try:
        path, source = find_run(wanted)
    except UserError as error:
        where = f"{origins.place(('from_run',))}: from_run: {error.where}"
        raise UserError(error.what, where=where, remedy=error.remedy) from error
    data["dataset"] = copy.deepcopy(source["dataset"])
    data["dataset"]["split"] = {**data["dataset"].get("split", {}), "from": path}
    data["model"] = {**source["model"], "weights": "none"}
    train = data.setdefault("train", {})
    if isinstance(train, dict):
        train["epochs"] = 0
    data["from_run"] = path
    return data, origins.also(dict.fromkeys([("dataset",), ("model",)], f"from_run {path}"))


def _refuse_idle(experiment: Experiment, changes: Sequence[overriding.Override]) -> None:
    """Refuse `--set` texts without effect: of the split, if it is taken from another run.

    Raises:
        UserError: there is such a text.
    """
    dataset = experiment.dataset
    if not dataset.split.from_:
        return
    for change in changes:
        *table, key = change.path
        shuffles = key == "seed" and dataset.shuffle_labels
        if table == ["dataset", "split"] and key != "from" and not shuffles:
            raise UserError(
                f"has no effect, since the split is taken from {dataset.split.from_!r}",
                where=change.where,
                remedy="add --set dataset.split.from= to split the images again",
            )


def _split_from(data: dict[str, Any]) -> Any:
    dataset = data.get("dataset")
    split = dataset.get("split") if isinstance(dataset, dict) else None
    return split.get("from") if isinstance(split, dict) else None


def _absolute(experiment: Experiment, working_dir: Path) -> Experiment:
    """Make paths absolute, so that the resolved text means the same in any folder."""
    dataset, model = experiment.dataset, experiment.model
    updates: dict[str, Any] = {}
    if dataset.root:
        updates["root"] = _path(dataset.root, working_dir, "dataset.root")
    if dataset.cache not in ("auto", "off"):
        updates["cache"] = _path(dataset.cache, working_dir, "dataset.cache")
    if experiment.explicit_test:
        updates["split"] = dataset.split.model_copy(update={"test": 0.0})
    if model.weights not in ("none", "imagenet"):
        file = _path(model.weights, working_dir, "model.weights")
        model = model.model_copy(update={"weights": file})
    return experiment.model_copy(
        update={"dataset": dataset.model_copy(update=updates), "model": model}
    )


def _path(text: str, working_dir: Path, key: str) -> str:
    try:
        return str(working_dir / Path(text).expanduser())
    except RuntimeError:
        raise UserError(f"{text!r} starts with an unknown user", where=key) from None
