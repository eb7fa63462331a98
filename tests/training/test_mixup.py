"""Mixup: repeatable, resumable, and the same as no mixup where it is off."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from bench import IMAGES, RECIPE, TRAIN, Bench, Small, equal, image_set, small

from vitac_tui.runs.interrupt import Interrupted
from vitac_tui.training.mixup import blended, other, shares

MIXUP = replace(RECIPE, train=TRAIN.model_copy(update={"mixup": 0.4}))


def trained(folder: Path, recipe: object) -> Small:
    folder.mkdir()
    model = small()
    Bench(folder).fit(model, recipe)
    return model


def test_shares_follow_from_seed_and_epoch_and_favour_the_image_itself() -> None:
    drawn = shares(0.4, 1000, seed=1, epoch=2)
    assert drawn == shares(0.4, 1000, seed=1, epoch=2)
    assert drawn[:10] == shares(0.4, 10, seed=1, epoch=2)
    assert drawn != shares(0.4, 1000, seed=1, epoch=3)
    assert drawn != shares(0.4, 1000, seed=2, epoch=2)
    assert min(drawn) >= 0.5
    assert max(drawn) <= 1
    assert 0.8 < sum(drawn) / len(drawn) < 0.9  # of Beta(0.4, 0.4), folded at one half
    assert shares(0.0, 3, seed=1, epoch=2) == [1.0, 1.0, 1.0]


def test_an_image_is_blended_with_the_one_whose_label_is_blended_in() -> None:
    images = torch.tensor([1.0, 2.0, 3.0]).view(3, 1, 1, 1).expand(3, 3, 2, 2)
    images = images.contiguous(memory_format=torch.channels_last)
    found = blended(images, 0.75)
    assert torch.equal(other(torch.tensor([1, 2, 3])), torch.tensor([3, 1, 2]))
    assert torch.allclose(found[:, 0, 0, 0], torch.tensor([1.5, 1.75, 2.75]))
    assert found.is_contiguous(memory_format=torch.channels_last)


def test_off_is_off_and_on_changes_the_weights(tmp_path: Path) -> None:
    off = replace(RECIPE, train=TRAIN.model_copy(update={"mixup": 0.0}))
    plain = trained(tmp_path / "plain", RECIPE)
    assert equal(plain, trained(tmp_path / "off", off))
    assert not equal(plain, trained(tmp_path / "on", MIXUP))


@pytest.mark.parametrize("step", [1, 4, 5])
def test_a_resume_blends_as_an_undisturbed_training_does(tmp_path: Path, step: int) -> None:
    undisturbed = trained(tmp_path / "whole", MIXUP)
    first = Bench(tmp_path)
    first.stop_at = step
    with pytest.raises(Interrupted):
        first.fit(small(), MIXUP)
    model = Small()
    Bench(tmp_path).fit(model, MIXUP)
    assert equal(model, undisturbed)


def test_a_network_learns_with_it(tmp_path: Path) -> None:
    model = small()
    Bench(tmp_path).fit(model, replace(MIXUP, epochs=30, augment="none"))
    images, labels = image_set().batch(torch.arange(IMAGES))
    with torch.inference_mode():  # of images as they are, not of blends
        outputs = model.eval()(images)
    assert (outputs.argmax(1) == labels).float().mean() > 0.9
