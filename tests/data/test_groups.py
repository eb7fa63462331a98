from __future__ import annotations

import pytest

from vitac_tui.data.groups import folder_groups, neutral_folder, vitac_groups


@pytest.mark.parametrize(
    "path, modality, group, frame",
    [
        ("11v/IMG_2460_123.jpg", "visual", "11v/IMG_2460", 123),
        ("11v_test/IMG_2460_206.jpg", "visual", "11v/IMG_2460", 206),
        ("vis0011/photo3_7.png", "visual", "vis0011/photo3", 7),
        ("vis0011/IMG_2460.JPG", "visual", "vis0011/IMG_2460.JPG", -1),
        ("vis0011/12_3.png", "visual", "vis0011/12", 3),
        ("CD0101/press12_5.png", "tactile", "CD0101/press12", 5),
        ("train/CD0101/press12_5.png", "tactile", "CD0101/press12", 5),
        ("CD0101/press/scan.png", "tactile", "CD0101/press", -1),
        ("CD0101/frame_0007.png", "tactile", "CD0101/frame_7-7", 7),
        ("CD0101/" + "9" * 30 + ".png", "tactile", "CD0101", -1),
    ],
)
def test_the_group_and_the_frame_are_read_from_the_name(path, modality, group, frame):
    assert vitac_groups([path], modality) == [(group, frame)]


def test_a_photo_that_lies_in_two_folders_or_formats_is_one_source():
    paths = ["11v/a.jpg", "11v_test/a.jpg", "11v/b.jpg", "11v/b.png", "11v/c.jpg", "11v/c.jpg"]
    groups = [group for group, _ in vitac_groups(paths, "visual")]
    assert groups == ["11v/a", "11v/a", "11v/b", "11v/b", "11v/c.jpg", "11v/c.jpg"]


def test_tiles_of_neighbouring_frames_are_one_recording_across_train_and_test():
    paths = ["11t/121_2.jpg", "11t/122_5.jpg", "11t/124_1.jpg", "11t_test/126_1.jpg"]
    assert {group for group, _ in vitac_groups(paths, "tactile")} == {"11t/121-126"}


def test_a_jump_in_frame_numbers_begins_a_new_recording_and_classes_stay_apart():
    paths = [f"11t/{n}_1.jpg" for n in (1, 2, 3, 40, 41)] + ["22t/2_1.jpg"]
    groups = [group for group, _ in vitac_groups(paths, "tactile")]
    assert groups == ["11t/1-3"] * 3 + ["11t/40-41"] * 2 + ["22t/2-2"]


def test_frames_that_were_thinned_out_evenly_stay_one_recording():
    paths = [f"CD0011/{n:04d}.png" for n in range(0, 200, 10)]
    assert {group for group, _ in vitac_groups(paths, "tactile")} == {"CD0011/0-190"}


def test_equal_names_under_different_parents_are_different_groups():
    (one, _), (other, _) = folder_groups(["a/obj3/press_01/1.png", "a/obj4/press_01/1.png"], 1)
    assert one == "a/obj3/press_01"
    assert other == "a/obj4/press_01"


def test_images_directly_in_a_class_folder_are_alone():
    assert folder_groups(["a/1.png", "a/p/2.png"], 1) == [("a/1.png", -1), ("a/p", 2)]


@pytest.mark.parametrize(
    "folder, neutral",
    [
        ("11v_test", "11v"),
        ("test/11v_test", "11v"),
        ("Train/a", "a"),
        ("", ""),
        ("contest", "contest"),
    ],
)
def test_folders_that_only_say_train_or_test_do_not_tell_groups_apart(folder: str, neutral: str):
    assert neutral_folder(folder) == neutral
