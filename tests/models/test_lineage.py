"""What a model file says of the images that it was trained on."""

from pathlib import Path
from typing import Any

import pytest

from vitac_tui.errors import UserError
from vitac_tui.models.build import build
from vitac_tui.models.card import ModelCard
from vitac_tui.models.files import save_model
from vitac_tui.models.lineage import Lineage, lineage_beside, lineage_of, trained_on

HASHES = [f"{number:016x}{0:016x}" for number in range(3)]


def card(**extra: Any) -> ModelCard:
    return ModelCard(
        schema=1, arch="resnet18", num_classes=2, class_names=("a", "b"), image_size=32,
        fit="squash", modality="visual", mean=(0.5,) * 3, std=(0.5,) * 3, extra=extra,
    )  # fmt: skip


def test_a_card_gives_back_what_was_put_in_and_takes_little_room() -> None:
    lineage = trained_on(HASHES, shuffled=True)
    assert lineage_of(card(**lineage.extra()), Path("m")) == lineage
    assert lineage.extra() == trained_on(reversed(HASHES), shuffled=True).extra()
    assert len(str(lineage.extra()["training_images"])) == 4 * 8
    assert lineage.holds(HASHES[0])
    assert not lineage.holds("f" * 32)
    assert not lineage.holds("")  # an image that could not be read


def test_a_model_that_goes_on_from_another_has_seen_both_ones_images() -> None:
    both = trained_on(HASHES[:1], shuffled=True).also(trained_on(HASHES[1:]))
    assert both == trained_on(HASHES, shuffled=True)


@pytest.mark.parametrize("packed", [None, 7, "no base64!", "AAAA", ["AAAAAAAAAAA="]])
def test_a_card_that_lies_about_its_images_is_refused(packed: Any) -> None:
    with pytest.raises(UserError, match="training_images"):
        lineage_of(card(training_images=packed), Path("m"))


def test_a_card_counts_only_for_the_weights_that_it_was_written_for(tmp_path: Path) -> None:
    model, lineage = build("resnet18", 2), trained_on(HASHES)
    save_model(tmp_path / "own", model, card(**lineage.extra()))
    weights = tmp_path / "own.safetensors"
    (tmp_path / "link.safetensors").symlink_to(weights)
    assert lineage_beside(weights) == lineage_beside(tmp_path / "link.safetensors") == lineage

    (tmp_path / "bare.safetensors").write_bytes(weights.read_bytes())
    assert lineage_beside(tmp_path / "bare.safetensors") is None
    (tmp_path / "bare.json").write_text('{"hidden_size": 768}')
    assert lineage_beside(tmp_path / "bare.safetensors") is None
    (tmp_path / "bare.json").write_bytes((tmp_path / "own.json").read_bytes())
    assert lineage_beside(tmp_path / "bare.safetensors") == lineage
    weights.write_bytes(weights.read_bytes() + b"\0")
    assert lineage_beside(weights) is None
    assert Lineage().extra() == {"training_images": ""}
