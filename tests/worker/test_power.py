"""The note on what the groups of a split can show at all."""

from pathlib import Path

import pytest

from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.experiment.presets import load
from vitac_tui.worker.stages.power import power_note


def table(groups: list[str]) -> SampleTable:
    samples = tuple(
        Sample(f"{at}.png", 0, "a", group=group, split="val") for at, group in enumerate(groups)
    )
    return SampleTable(Path(), samples)


@pytest.mark.parametrize(
    "groups, max_drop, parts",
    [
        (
            [f"press{at // 3}" for at in range(72)],
            0.05,
            ("24 validation groups", "14.2", "select.max_drop = 0.05 needs at least 72 groups"),
        ),
        ([f"press{at // 3}" for at in range(72 * 3)], 0.05, ()),
        (
            [""] * 100,
            0.01,
            ("100 validation images", "3.6", "select.max_drop = 0.01 needs at least 368 images"),
        ),
        ([""] * 3, 0.0, ()),
    ],
)
def test_it_says_what_the_groups_cannot_rule_out(
    groups: list[str], max_drop: float, parts: tuple[str, ...]
) -> None:
    experiment = load("demo", [f"select.max_drop={max_drop}"])
    counted, least, needed = parts or ("", "", "")
    start = f"{counted}: whatever the results, a drop of less than {least} percentage points "
    expected = f"{start}cannot be ruled out; {needed}" if parts else ""
    assert power_note(experiment, table(groups), "val") == expected


def test_without_a_sweep_nothing_is_selected_and_there_is_no_note() -> None:
    experiment = load("demo", ["variant=[]"])
    assert power_note(experiment, table(["a", "a"]), "val") == ""
