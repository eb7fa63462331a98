"""The advice to split by group can be followed literally."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from vitac_tui.audit.dataset_table import validated
from vitac_tui.audit.split_remedy import split_remedy
from vitac_tui.data.table import Sample, SampleTable


def table_of(*, grouped: bool = True, given: bool = False) -> SampleTable:
    samples = tuple(
        Sample(f"a/{n}", 0, "a", "a/press" if grouped else "", split=split)
        for n, split in enumerate(("train", "test"))
    )
    return SampleTable(Path("/set"), samples, split_given=given)


def advice(preset: str, table: SampleTable) -> str:
    return split_remedy(validated(tomllib.loads(preset)["dataset"]), table)


SPLIT = 'split = {by = "image", val = 0.2}'


@pytest.mark.parametrize(
    "split, given, line",
    [
        (SPLIT, False, 'split = {by = "group", val = 0.2}'),
        ('split = {from = "run"}', False, 'split = {by = "group"}'),
        # The share of lists is none of the images that will be in a single list.
        ("split = {test = 0, val = 0.2}", True, 'split = {by = "group", val = 0.2}'),
    ],
)
def test_a_split_that_is_in_the_preset_is_replaced(split: str, given: bool, line: str) -> None:
    preset = f'[dataset]\nlayout = "folder"\n{split}\n'
    text = advice(preset, table_of(given=given))
    assert f"eplace the split by `{line}` under [dataset]" in text
    after = preset.replace(split, text.split("`")[1])
    assert advice(after, table_of()) == "Make dataset.group name what belongs together"


@pytest.mark.parametrize("grouped, starts", [(True, "Replace"), (False, "Make dataset.group name")])
def test_unknown_groups_have_to_be_named_first(grouped: bool, starts: str) -> None:
    assert advice(f'[dataset]\nlayout = "folder"\n{SPLIT}', table_of(grouped=grouped)).startswith(
        starts
    )


def test_no_line_is_printed_that_would_change_nothing() -> None:
    preset = '[dataset]\nlayout = "folder"\n'
    assert "`" not in advice(preset, table_of())
    assert advice(preset, table_of(given=True)) == (
        "Put all images into one list or folder, and let dataset.split divide them by group"
    )
