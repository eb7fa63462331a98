"""The weight counts of the reference study, from preset to results.json."""

import json

import pytest
from support import Command, write_stripes

PRESET = """\
name = "study"
precision = "fp32"

[dataset]
layout = "folder"
root = "{root}"
group = "g([0-9]+)_"
image_size = 64
split = {{test = 0.25, val = 0.25}}

[model]
arch = "resnet18"
num_classes = 1000

[train]
epochs = 1
batch_size = 9
learning_rate = 1e-3

[evaluate]
latency_s = 0.0

[[variant]]
name = "unstructured"
[[variant.prune]]
method = "global_unstructured"
amount = {{sweep = [0.4, 0.5]}}

[[variant]]
name = "fc"
[[variant.prune]]
method = "ln_structured"
layers = ["fc"]
amount = 0.8

[[variant]]
name = "depgraph"
[[variant.prune]]
method = "depgraph"
layer = "conv1"
channels = [2, 6, 9]

[[variant]]
name = "a"
[[variant.prune]]
method = "global_unstructured"
amount = 0.4
[[variant.prune]]
method = "ln_structured"
layers = ["fc"]
amount = 0.8

[[variant]]
name = "b"
[[variant.prune]]
method = "ln_structured"
layers = ["fc"]
amount = 0.2
[[variant.prune]]
method = "global_unstructured"
amount = 0.4

[[variant]]
name = "b-keeping-masks"
keep_masks = true
[[variant.prune]]
method = "ln_structured"
layers = ["fc"]
amount = 0.2
[[variant.prune]]
method = "global_unstructured"
amount = 0.4
"""


@pytest.fixture(scope="module")
def rows(
    vitac_tui: Command, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, object]]:
    place = tmp_path_factory.mktemp("study")
    write_stripes(place / "data")
    (place / "study.toml").write_text(PRESET.format(root="data"))
    done = vitac_tui("--batch", "study.toml", "--json", cwd=place)
    assert done.returncode == 0, done.stderr
    return {row["id"]: row for row in json.loads(done.stdout)["models"]}


@pytest.mark.parametrize(
    "row, valid_weights",
    [
        ("dense", 11_683_712),
        ("unstructured-0.4", 7_012_147),
        ("unstructured-0.5", 5_844_256),
        ("fc", 11_274_112),
        ("depgraph", 11_672_510),
        ("b", 7_012_147),
        ("b-keeping-masks", 6_950_707),
    ],
)
def test_valid_weights_are_the_study_s(
    rows: dict[str, dict[str, object]], row: str, valid_weights: int
) -> None:
    assert rows[row]["valid_weights"] == valid_weights


def test_composition_a_loses_what_the_zeroed_rows_still_held(
    rows: dict[str, dict[str, object]],
) -> None:
    # The reference study kept 6,768,025. How many weights of the weakest rows survive the first
    # step depends on the training, but they are always fewer than the rows contain.
    left = 7_012_147 - 800 * 512
    assert left <= rows["a"]["valid_weights"] < 7_012_147


def test_masks_change_neither_macs_nor_parameters_nor_bytes(
    rows: dict[str, dict[str, object]],
) -> None:
    for name in ("unstructured-0.5", "fc", "a", "b"):
        for cost in ("macs", "parameters", "bytes"):
            assert rows[name][cost] == rows["dense"][cost]
    assert rows["depgraph"]["macs"] < rows["dense"]["macs"]
    assert rows["dense"]["parameters"] == 11_689_512


def test_every_step_says_what_it_removed(rows: dict[str, dict[str, object]]) -> None:
    first, second = rows["b"]["steps"]  # type: ignore[misc]
    assert (first["method"], first["requested"]) == ("ln_structured", 0.2)
    prunable, zeroed = 11_678_912, 200 * 512
    assert first["removed"] == pytest.approx(zeroed / prunable)
    assert second["removed"] == pytest.approx((0.4 * prunable - zeroed) / prunable, abs=1e-6)
    assert second["of_left"] == pytest.approx(
        (0.4 * prunable - zeroed) / (prunable - zeroed), abs=1e-6
    )


def test_a_wide_head_keeps_raw_ids_and_the_confusion_says_none_of_these(
    rows: dict[str, dict[str, object]],
) -> None:
    confusion = rows["fc"]["eval"]["confusion"]
    assert [len(counts) for counts in confusion] == [4, 4, 4]
    assert [sum(counts) for counts in confusion] == [3, 3, 3]
