from __future__ import annotations

import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitac_tui.data.splits import assign, assign_from
from vitac_tui.data.table import Sample
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import Split


def samples_of(groups: dict[tuple[int, str], int], split: str = "") -> list[Sample]:
    """Samples from the number of images of each (class, group)."""
    return [
        Sample(f"{label}/{group}/{i}.png", label, f"c{label}", group, split=split)
        for (label, group), count in groups.items()
        for i in range(count)
    ]


def splits_by_group(samples: list[Sample]) -> dict[tuple[int, str], set[str]]:
    found: dict[tuple[int, str], set[str]] = defaultdict(set)
    for sample in samples:
        found[sample.label, sample.group].add(sample.split)
    return found


@pytest.mark.parametrize(
    "images, test, val, train",
    [(5, 0.3, 0.2, 3), (6, 0.4, 0.2, 3), (4, 0.4, 0.2, 2)],
)
def test_training_gets_an_image_that_it_and_another_split_lack_equally(
    images: int, test: float, val: float, train: int
):
    samples = samples_of({(0, f"g{n}"): 1 for n in range(images)})
    assigned, _ = assign(samples, Split(test=test, val=val), explicit=False)
    assert sum(sample.split == "train" for sample in assigned) == train


# Of each of one to four classes: the number of images of each of three to eight groups.
GROUPS = st.lists(st.lists(st.integers(1, 9), min_size=3, max_size=8), min_size=1, max_size=4).map(
    lambda classes: {
        (label, "abcdefgh"[position]): count
        for label, counts in enumerate(classes)
        for position, count in enumerate(counts)
    }
)


@settings(deadline=None)
@given(GROUPS, st.integers(0, 5), st.randoms())
def test_groups_stay_whole_every_split_gets_one_and_order_does_not_matter(
    groups, seed: int, shuffler: random.Random
):
    split = Split(test=0.2, val=0.1, seed=seed)
    samples = samples_of(groups)
    assigned, _ = assign(samples, split, explicit=False)
    by_group = splits_by_group(assigned)
    assert all(len(found) == 1 for found in by_group.values())
    for label in {label for label, _ in groups}:
        used = set().union(*(found for (c, _), found in by_group.items() if c == label))
        assert used == {"train", "val", "test"}
    shuffled = samples.copy()
    shuffler.shuffle(shuffled)
    again, _ = assign(shuffled, split, explicit=False)
    assert {s.path: s.split for s in again} == {s.path: s.split for s in assigned}


def test_shares_are_met_as_closely_as_groups_allow():
    samples = samples_of({(label, f"g{i}"): 10 for label in range(3) for i in range(10)})
    assigned, _ = assign(samples, Split(test=0.2, val=0.1), explicit=False)
    for label in range(3):
        counts = defaultdict(int)
        for sample in assigned:
            counts[sample.split] += sample.label == label
        assert counts == {"train": 70, "val": 10, "test": 20}


def test_another_seed_gives_another_split_and_another_class_changes_nothing():
    groups = {(0, f"g{i}"): 2 for i in range(12)}
    one, _ = assign(samples_of(groups), Split(seed=0), explicit=False)
    other, _ = assign(samples_of(groups), Split(seed=1), explicit=False)
    more, _ = assign(
        samples_of({(7, f"g{i}"): 2 for i in range(5)} | groups), Split(seed=0), explicit=False
    )
    assert [s.split for s in one] != [s.split for s in other]
    assert [s.split for s in more if s.label == 0] == [s.split for s in one]


def test_by_image_each_image_is_divided_singly():
    assigned, _ = assign(
        samples_of({(0, "g"): 10}), Split(by="image", test=0.2, val=0.1), explicit=False
    )
    assert sorted(s.split for s in assigned) == ["test"] * 2 + ["train"] * 7 + ["val"]


def test_a_share_that_few_groups_cannot_meet_is_warned_about():
    samples = samples_of({(0, "a"): 10, (0, "b"): 10, (0, "c"): 10})
    _, warnings = assign(samples, Split(test=0.2, val=0.1), explicit=False)
    assert warnings == [
        "train has 33% of the images instead of 70%, because there are few groups or large ones",
        "val has 33% of the images instead of 10%, because there are few groups or large ones",
    ]


def test_shares_of_zero_get_nothing():
    assigned, _ = assign(samples_of({(0, "g"): 3}), Split(test=0, val=0), explicit=False)
    assert {s.split for s in assigned} == {"train"}


@pytest.mark.parametrize(
    "split, message",
    [
        (Split(), r"class 'c1' has 2 groups \(a, b\) for 3 splits \(train, val, test\)"),
        (Split(by="image", val=0.4, test=0.1), None),
        (Split(val=0), None),
    ],
)
def test_a_class_with_too_few_groups_is_named_with_remedies(split: Split, message: str | None):
    samples = samples_of(
        {(0, "a"): 3, (0, "b"): 3, (0, "c"): 3, (1, "a"): 3, (1, "b"): 3, (2, "a"): 3, (2, "b"): 1}
    )
    if message is None:
        assign(samples, split, explicit=False)
        return
    with pytest.raises(UserError, match=message) as refused:
        assign(samples, split, explicit=False)
    assert "1 more classes have too few" in str(refused.value)
    assert "dataset.split.val = 0" in refused.value.remedy


def test_explicit_splits_stand_and_validation_comes_from_train_by_group():
    train = samples_of({(0, f"g{i}"): 3 for i in range(5)}, "train")
    test = samples_of({(0, f"t{i}"): 3 for i in range(2)}, "test")
    assigned, _ = assign(train + test, Split(val=0.2), explicit=True)
    by_group = splits_by_group(assigned)
    assert all(len(found) == 1 for found in by_group.values())
    assert [s.split for s in assigned[15:]] == ["test"] * 6
    assert sorted(s.split for s in assigned[:15]) == ["train"] * 12 + ["val"] * 3


@pytest.mark.parametrize("has_val", [True, False])
def test_explicit_validation_stands_and_none_is_made_when_none_is_wanted(has_val: bool):
    samples = samples_of({(0, "a"): 2, (0, "b"): 2}, "train")
    samples += samples_of({(0, "c"): 2}, "val" if has_val else "test")
    assigned, _ = assign(samples, Split(val=0.3 if has_val else 0), explicit=True)
    assert assigned == samples


def test_validation_cannot_be_taken_from_train_where_nothing_trains():
    samples = samples_of({(0, "a"): 2}, "test")
    with pytest.raises(UserError, match="no training images to take validation from"):
        assign(samples, Split(val=0.1), explicit=True)
    assert assign(samples, Split(val=0.0), explicit=True)[0] == samples


def test_the_split_of_an_earlier_run_is_taken_by_path():
    samples = samples_of({(0, "a"): 2})
    assigned, warnings = assign_from(
        samples, {"0/a/0.png": {"test"}, "0/a/1.png": {"train"}, "0/a/9.png": {"val"}}
    )
    assert [s.split for s in assigned] == ["test", "train"]
    assert warnings == ["missing, of the 3 images of that run: 1, such as 0/a/9.png"]


def test_images_that_the_earlier_run_did_not_know_are_left_out():
    assigned, warnings = assign_from(samples_of({(0, "a"): 2}), {"0/a/0.png": {"test"}})
    assert [s.path for s in assigned] == ["0/a/0.png"]
    assert warnings == ["left out, not part of that run: 1 image, such as 0/a/1.png"]


def test_an_earlier_run_on_other_images_is_refused():
    with pytest.raises(UserError, match=r"none of the images .*, for example '0/a/0\.png'"):
        assign_from(samples_of({(0, "a"): 2}), {"elsewhere.png": {"test"}})


def test_an_image_that_two_lists_named_stays_in_both_splits():
    assigned, _ = assign_from(samples_of({(0, "a"): 1}), {"0/a/0.png": {"train", "test"}})
    assert [s.split for s in assigned] == ["test", "train"]
