"""Draws inside the network, such as dropout, follow from the seed, the epoch and the batch."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from bench import RECIPE, Bench, Small, equal, small
from torch import nn

from vitac_tui.runs.interrupt import Interrupted
from vitac_tui.training import loop
from vitac_tui.training.recipe import Recipe


class Dropping(Small):
    """A network with dropout before its classifier."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        features = self.features(images).flatten(1)
        return self.fc(nn.functional.dropout(features, 0.5, self.training))


def dropping() -> Dropping:
    torch.manual_seed(0)
    return Dropping()


def trained(folder: Path, recipe: Recipe = RECIPE, *, before: int = 1) -> Dropping:
    """A trained network; `before` seeds torch's global generator before the training."""
    folder.mkdir()
    model = dropping()
    torch.manual_seed(before)
    Bench(folder).fit(model, recipe)
    return model


def test_dropout_changes_the_training(tmp_path: Path) -> None:
    without = small()
    Bench(tmp_path).fit(without)
    assert not equal(without, trained(tmp_path / "with"))


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7])
def test_a_resume_at_any_batch_draws_what_an_undisturbed_training_draws(
    tmp_path: Path, step: int
) -> None:
    undisturbed = trained(tmp_path / "whole")
    first = Bench(tmp_path)
    first.stop_at = step
    with pytest.raises(Interrupted):
        first.fit(dropping())
    model = Dropping()
    torch.manual_seed(99)  # another process starts with another random state
    Bench(tmp_path).fit(model)
    assert equal(model, undisturbed)


def test_draws_do_not_depend_on_what_the_process_drew_before(tmp_path: Path) -> None:
    assert equal(trained(tmp_path / "a", before=1), trained(tmp_path / "b", before=2))


def test_another_seed_draws_something_else(tmp_path: Path) -> None:
    other = replace(RECIPE, seed=7, augment="none")
    same_order = replace(RECIPE, augment="none")
    assert not equal(trained(tmp_path / "a", other), trained(tmp_path / "b", same_order))


def test_the_global_generator_is_left_as_it_was(tmp_path: Path) -> None:
    model = dropping()
    before = torch.get_rng_state()
    Bench(tmp_path).fit(model)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_network_without_random_layers_trains_as_without_seeding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "seeded").mkdir()
    seeded, unseeded = small(), small()
    Bench(tmp_path / "seeded").fit(seeded)
    monkeypatch.setattr(loop, "seeded", lambda *_: nullcontext())
    Bench(tmp_path).fit(unseeded)
    assert equal(seeded, unseeded)
