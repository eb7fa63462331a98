"""Test images are available only after every selection has been made."""

from pathlib import Path

import numpy as np
import pytest
import torch

from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.experiment import presets
from vitac_tui.experiment.settings import Experiment
from vitac_tui.images.spec import ImageSpec
from vitac_tui.models.lineage import Lineage
from vitac_tui.runs import events
from vitac_tui.worker.stages.dataset import Loaded
from vitac_tui.worker.stages.seal import Seal, needed, seal


def selected(what: str, variant: str, seed: int = 0) -> events.Selected:
    return events.Selected(what, variant, seed, "row", "rule", "val")


@pytest.fixture
def demo() -> Experiment:
    return presets.load("demo", ["train.learning_rate=[1e-3, 1e-4]", "train.keep=best"])


def test_every_choice_of_an_experiment_is_needed(demo: Experiment) -> None:
    assert needed(demo) == {
        ("learning_rate", "dense", 0),
        ("epoch", "dense", 0),
        ("amount", "unstructured", 0),
    }


def test_every_seed_chooses_for_itself() -> None:
    two = presets.load("demo", ["seeds=[1, 2]"])
    assert needed(two) == {("amount", "unstructured", 1), ("amount", "unstructured", 2)}


def test_an_experiment_without_selections_is_sealed_at_once() -> None:
    fixed = presets.load("study-visual-fc")
    assert needed(fixed) == frozenset()
    assert seal(fixed, []) == Seal(frozenset())


def test_a_missing_choice_keeps_the_test_images_closed(demo: Experiment) -> None:
    made = [selected("learning_rate", "dense"), selected("epoch", "dense")]
    with pytest.raises(RuntimeError, match="unstructured"):
        seal(demo, made)
    assert seal(demo, [*made, selected("amount", "unstructured")])


def loaded(*splits: str, chooses: bool) -> Loaded:
    samples = tuple(Sample(f"{i}.png", i % 2, "x", split=s) for i, s in enumerate(splits))
    return Loaded(
        SampleTable(Path(), samples),
        {},
        (0, 1),
        ("a", "b"),
        Lineage(),
        ImageSpec(8),
        np.zeros((len(splits), 8, 8, 3), np.uint8),
        torch.arange(len(splits)) % 2,
        torch.device("cpu"),
        chooses,
    )


def test_test_images_ask_for_a_seal() -> None:
    data = loaded("train", "val", "test", chooses=True)
    with pytest.raises(TypeError, match="Seal"):
        data.test(None)  # type: ignore[arg-type]
    assert len(data.test(Seal(frozenset()))) == 1


def test_rows_are_scored_on_validation_and_never_chosen_on_test() -> None:
    assert loaded("train", "val", "val", "test", chooses=True).scored().rows.tolist() == [1, 2]
    assert loaded("train", "test", chooses=False).scored().rows.tolist() == [1]
    with pytest.raises(RuntimeError, match="a selection would be made"):
        loaded("train", "test", chooses=True).scored()


def test_recovery_takes_full_batches_in_an_order_of_its_own() -> None:
    data = loaded(*["train"] * 10, chooses=False)
    batches = data.recovery_batches(seed=0, batch_size=4)
    sizes = [len(next(batches)[0]) for _ in range(5)]
    assert sizes == [4] * 5
    few = loaded("train", "train", chooses=False).recovery_batches(0, batch_size=4)
    assert len(next(few)[0]) == 2
    assert list(loaded("test", chooses=False).recovery_batches(0, 4)) == []
