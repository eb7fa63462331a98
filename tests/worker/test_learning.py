"""Both modalities of the built-in set can be learned, and from texture rather than colour."""

import json
from pathlib import Path

import pytest
from support import Command

COLOUR = 0.28  # 1-nearest-neighbour on mean colour over 12 cloths


@pytest.mark.slow  # trains ResNet18 for about a minute and a half each
@pytest.mark.parametrize("modality, image_size", [("visual", 64), ("tactile", 96)])
def test_the_sample_set_is_learned_well_above_its_colours(
    vitac_tui: Command, tmp_path: Path, modality: str, image_size: int
) -> None:
    done = vitac_tui(
        "--batch", "demo", "--set", f"dataset.modality={modality}",
        "--set", f"dataset.image_size={image_size}", "--set", "variant=[]", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    test = json.loads(done.stdout)["models"][0]["test"]
    assert test["top1_low"] > COLOUR
