"""The tree of settings: what a key path of a preset leads to."""

import pytest

from vitac_tui.experiment import tree
from vitac_tui.experiment.dataset import LAYOUTS
from vitac_tui.experiment.fields import fields
from vitac_tui.experiment.prune import METHODS, Step, Sweep
from vitac_tui.experiment.settings import Variant

DATA = {
    "dataset": {"layout": "list", "columns": {"path": "file"}},
    "train": {"epochs": 3},
    "variant": [{"name": "a", "prune": [{"method": "depgraph", "amount": {"sweep": [0.5]}}]}],
}
STEP = ("variant", 0, "prune", 0)


def test_a_path_leads_to_the_kind_of_table_that_the_data_names() -> None:
    assert tree.model_at(DATA, ("dataset",)) is LAYOUTS["list"]
    assert tree.model_at(DATA, ("variant", 0)) is Variant
    assert tree.model_at(DATA, STEP) is METHODS["depgraph"]
    assert tree.model_at(DATA, (*STEP, "amount")) is Sweep


def test_a_path_leads_to_the_declaration_of_a_setting() -> None:
    split_from = tree.entry_at(DATA, ("dataset", "split", "from"))
    assert split_from is not None
    assert (split_from.name, split_from.attribute) == ("from", "from_")
    assert split_from.table is None
    prune = tree.entry_at(DATA, ("variant", 0, "prune"))
    assert prune is not None
    assert prune.table is not None
    assert (prune.table.base, prune.table.key, prune.table.is_array) == (Step, "method", True)


@pytest.mark.parametrize(
    "loc",
    [
        ("nothing",),
        ("train", "nothing"),
        ("train", "epochs", "nothing"),
        ("dataset", "action"),  # of another layout
        ("prune", 7, "amount"),  # of a step that is not there
    ],
)
def test_a_path_out_of_the_tree_leads_nowhere(loc: tuple[str | int, ...]) -> None:
    assert tree.entry_at(DATA, loc) is None


@pytest.mark.parametrize(
    "reported, path",
    [
        (("dataset", "list", "columns", "path"), ("dataset", "columns", "path")),
        (("prune", 0, "depgraph", "amount", "fixed"), ("prune", 0, "amount")),
        (
            ("prune", 0, "depgraph", "amount", "sweep", "sweep", 1),
            ("prune", 0, "amount", "sweep", 1),
        ),
        (("variant", 2, "prune", 1, "depgraph", "norm"), ("variant", 2, "prune", 1, "norm")),
        (("train", "learning_rate", 0), ("train", "learning_rate", 0)),
        (("nothing", "sweep"), ("nothing", "sweep")),
    ],
)
def test_kinds_that_pydantic_inserts_are_left_out_of_an_errors_path(
    reported: tuple[str | int, ...], path: tuple[str | int, ...]
) -> None:
    assert tree.without_tags(reported) == path


def test_the_keys_that_decide_the_kind_of_a_table_are_found() -> None:
    assert tree.deciding_keys() == {"layout", "method"}


def test_a_table_of_one_layout_is_declared_for_that_layout_only() -> None:
    columns = {field.when for field in fields() if field.key.startswith("dataset.columns.")}
    split = {field.when for field in fields() if field.key.startswith("dataset.split.")}
    sweep = {field.when for field in fields() if field.key.startswith("prune.N.amount.")}
    assert (columns, split, sweep) == ({("dataset.layout", "list")}, {None}, {None})
