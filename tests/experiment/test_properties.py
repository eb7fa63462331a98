"""Whatever a preset or a `--set` holds is an experiment that reads the same again, or refused."""

from __future__ import annotations

import copy
import datetime
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from vitac_tui.errors import UserError
from vitac_tui.experiment import presets, toml

HERE = Path("/work")
ASSORTED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

SCALARS = (
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["group", "image", "folder", "visual", "adam", "depgraph", "none", "cpu", ""])
    | st.dates()
    | st.just(datetime.datetime(2026, 1, 1))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def sound(name: str) -> dict[str, Any]:
    path = presets.built_in()[name]
    return toml.parse(toml.read(path), str(path))


SOUND = {name: sound(name) for name in presets.built_in()}


def places(table: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where there is something in a preset's data."""
    items = table.items() if isinstance(table, dict) else enumerate(table)
    found = []
    for key, value in items:
        found.append((*above, key))
        if isinstance(value, dict | list):
            found += places(value, (*above, key))
    return found


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """A preset with a few values replaced, or keys too many."""
    data = copy.deepcopy(SOUND[draw(st.sampled_from(sorted(SOUND)))])
    for _ in range(draw(st.integers(0, 3))):
        *above, last = draw(st.sampled_from(places(data)))
        table: Any = data
        for key in above:
            table = table[key]
        added = isinstance(table, dict) and draw(st.booleans())
        table[draw(st.text(max_size=5)) if added else last] = draw(VALUES)
    return data


def resolved_or_refused(data: dict[str, Any], *sets: str) -> None:
    try:
        experiment = presets.resolve(data, sets, working_dir=HERE)
    except UserError as problem:
        said = str(problem)
    else:
        text = toml.dumps(experiment)
        assert presets.resolve(toml.parse(text, "p"), text=text, working_dir=HERE) == experiment
        said = ""
    assert said.isprintable()


@ASSORTED
@given(tables())
def test_any_table_is_an_experiment_or_a_refusal(data: dict[str, Any]) -> None:
    resolved_or_refused(data)


@ASSORTED
@given(
    st.sampled_from(sorted({".".join(map(str, place)) for place in places(SOUND["folder"])}))
    | st.text(max_size=10),
    st.text(max_size=20) | SCALARS.map(str),
)
@example("train.learning_rate", "[1e-3")
def test_any_override_is_taken_or_refused(key: str, value: str) -> None:
    resolved_or_refused(SOUND["folder"], f"{key}={value}")


@ASSORTED
@given(
    st.text() | st.lists(st.sampled_from([*"a1.\"=[]{}#,\n '\\", "[["]), max_size=40).map("".join)
)
def test_any_text_is_a_table_or_a_refusal(text: str) -> None:
    said = ""
    try:
        toml.key_lines(text)
        assert isinstance(toml.parse(text, "p.toml"), dict)
    except UserError as problem:
        said = str(problem)
    assert said.isprintable()
