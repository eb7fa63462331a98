"""The settings as plain data: complete, bounded, and each wrong value answered in our own words."""

import datetime
import re
from collections.abc import Iterator
from math import inf, nan
from typing import Any

import pytest

from vitac_tui.errors import UserError
from vitac_tui.experiment import presets
from vitac_tui.experiment.dataset import LAYOUTS
from vitac_tui.experiment.fields import Field, fields, groups
from vitac_tui.experiment.prune import METHODS
from vitac_tui.experiment.registries import OPTIMIZERS
from vitac_tui.experiment.settings import Experiment, plain

ALL = fields()
WRONG: tuple[Any, ...] = (
    *(True, 1, -1, 10**18, -0.5, 0.5, 1e300, nan, inf, "", "zzz", "a/b c", "\udcff", "\0"),
    *([], {}, [[]], [{}], [""], [nan], [1, 1], [*range(2000)], {"zzz": 1}, datetime.time(1)),
)
SMALLEST = {
    "folder": {},
    "list": {},
    "vitac": {},
    "npz": {},
    "sample": {},
    "pattern": {"pattern": "{class}"},
}
STEP = {"amount": 0.5}
LAYERS = {"layers": ["fc"]}


def field(key: str, when: tuple[str, str] | None = None) -> Field:
    (found,) = (one for one in ALL if (one.key, one.when) == (key, when))
    return found


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    items = enumerate(value) if isinstance(value, list) else getattr(value, "items", tuple)()
    for key, item in items:
        place = (*path, "N" if isinstance(key, int) else key)
        if isinstance(item, dict) or (
            isinstance(item, list) and item and isinstance(item[0], dict)
        ):
            yield from leaves(item, place)
        else:
            yield place


def data_for(one: Field) -> dict[str, Any]:
    """A preset in which a setting has a place."""
    kind = one.when[1] if one.when else ""
    layout = kind if kind in LAYOUTS else "folder"
    method = kind if kind in METHODS else "global_unstructured"
    step = {"method": method, **STEP, **(LAYERS if "layer" in method or "ln" in method else {})}
    return {
        "name": "x",
        "model": {"arch": "resnet18"},
        "dataset": {"layout": layout, **SMALLEST[layout]},
        "variant": [{"name": "a", "prune": [step]}],
    }


def put(data: dict[str, Any], key: str, value: Any) -> None:
    at: Any = data["variant"][0] if key.startswith("prune.N") else data
    *parents, last = key.split(".")
    for part in parents:
        if part != "N" and not isinstance(at.get(part), dict | list):
            at[part] = {}
        at = at[0 if part == "N" else part]
    at[last] = value


@pytest.mark.parametrize("name", list(presets.built_in()))
def test_every_setting_of_a_preset_is_a_field(name: str) -> None:
    known = {one.key for one in ALL}
    for path in leaves(plain(presets.load(name))):
        assert ".".join(path).removeprefix("variant.N.prune.N.") in {
            *known,
            *(key.removeprefix("prune.N.") for key in known if key.startswith("prune.N.")),
        }


def test_a_field_says_all_that_a_form_needs() -> None:
    epochs = field("train.epochs")
    assert (epochs.kind, epochs.unit, epochs.default, epochs.group) == (
        "int",
        "epochs",
        30,
        "[train]",
    )
    assert epochs.bounds == {"≥": 0, "≤": 100_000}
    assert not epochs.required
    assert field("model.arch").required
    assert dict(field("train.optimizer").choices) == {
        name: choice.help for name, choice in OPTIMIZERS.items()
    }
    assert [*field("dataset.layout").choices] == [*LAYOUTS]
    assert field("train.learning_rate").elements == "float"
    assert field("train.learning_rate").bounds == {">": 0, "≤": 1e30}
    assert field("dataset.root").kind == "path"
    assert field("device").affects == "execution"
    assert field("prune.N.amount", ("prune.N.method", "depgraph")).kind == "amount"
    titles = {group.title for group in groups()}
    assert all(one.help and one.group in titles for one in ALL)


def test_every_number_has_an_upper_bound() -> None:
    numbers = [one for one in ALL if {one.kind, one.elements} & {"int", "float", "amount"}]
    assert len(numbers) > 30
    assert [one.key for one in numbers if not {"≤", "<"} & set(one.bounds)] == []


def test_the_schema_carries_help_and_effect_of_every_setting() -> None:
    schema = Experiment.model_json_schema(by_alias=True)
    for table in (schema, *schema["$defs"].values()):
        for key, described in table["properties"].items():
            assert {"description", "affects"} <= set(described), key
            assert "default" in described or key in table["required"]


@pytest.mark.parametrize("one", ALL, ids=lambda one: f"{one.key}-{one.when and one.when[1]}")
def test_a_wrong_value_is_answered_in_our_own_words(one: Field) -> None:
    said = [refusal(one, value) for value in WRONG]
    assert len([*filter(None, said)]) > 5
    foreign = re.compile(r"Input should|should (be|have)|unable to|is not right|\n")
    assert [text for text in said if foreign.search(text)] == []


def refusal(one: Field, value: Any) -> str:
    data = data_for(one)
    put(data, one.key, value)
    try:
        presets.resolve(data)
    except UserError as error:
        return str(error)
    return ""
