"""The sample set: what lies on disk, what survives an interruption, and what it is honest about."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from vitac_tui.errors import UserError
from vitac_tui.sampleset import (
    SampleSpec,
    class_id,
    held_out_presses,
    render_sample,
    render_tactile,
    render_visual,
)
from vitac_tui.sampleset.fields import blur, resize
from vitac_tui.sampleset.structures import STRUCTURES

SMALL = SampleSpec(classes=3, presses=4, frames=2, size=32)
RENDER = {"visual": render_visual, "tactile": render_tactile}


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def entries(folder: Path, name: str) -> list[tuple[str, int]]:
    lines = (folder / name).read_text().splitlines()
    return [(path, int(label)) for path, label in (line.rsplit(" ", 1) for line in lines)]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample") / "set"
    render_sample(folder, SMALL, workers=1)
    return folder


# What lies on disk


def test_images_lie_in_vitac_folders_with_padded_ids(small: Path) -> None:
    folders = sorted(path.name for path in small.iterdir() if path.is_dir())
    assert folders == ["CD0011", "CD0022", "CD0023", "vis0011", "vis0022", "vis0023"]
    assert sorted(path.name for path in (small / "vis0022").iterdir()) == sorted(
        f"photo{photo}_{tile}.png" for photo in range(4) for tile in range(2)
    )
    assert sorted(path.name for path in (small / "CD0011").iterdir()) == sorted(
        f"press{press}_{frame}.png" for press in range(4) for frame in range(2)
    )


def test_class_ids_are_distinct_below_1000_and_not_contiguous() -> None:
    ids = [class_id(index) for index in range(48)]
    assert ids == sorted(set(ids))
    assert ids[-1] < 1000
    assert {11, 22, 101} <= set(ids[:12])
    assert ids[-1] - ids[0] > len(ids)


@pytest.mark.parametrize("modality", ["visual", "tactile"])
def test_lists_name_every_image_once_with_its_class_id(small: Path, modality: str) -> None:
    rows = entries(small, f"{modality}_train.txt") + entries(small, f"{modality}_test.txt")
    prefix = {"visual": "vis", "tactile": "CD"}[modality]
    on_disk = {f"{path.parent.name}/{path.name}" for path in small.glob(f"{prefix}*/*.png")}
    assert {path for path, _ in rows} == on_disk
    assert len(rows) == len(on_disk) == 3 * 4 * 2
    assert all(int(path.split("/")[0].removeprefix(prefix)) == label for path, label in rows)


@pytest.mark.parametrize("modality", ["visual", "tactile"])
def test_a_quarter_of_the_presses_of_each_class_is_test_and_none_is_on_both_sides(
    small: Path, modality: str
) -> None:
    def groups(name: str) -> set[str]:
        return {path.rsplit("_", 1)[0] for path, _ in entries(small, name)}

    train, test = groups(f"{modality}_train.txt"), groups(f"{modality}_test.txt")
    assert not train & test
    assert len(train) == 9
    assert len(test) == 3


@pytest.mark.parametrize("presses, test", [(2, 1), (4, 1), (8, 2), (12, 3)])
def test_at_least_one_press_is_test_and_one_train(presses: int, test: int) -> None:
    assert len(held_out_presses(SampleSpec(presses=presses))) == test


def test_files_hold_what_the_pure_functions_draw(small: Path) -> None:
    on_disk = np.asarray(Image.open(small / "CD0022" / "press3_1.png"))
    assert np.array_equal(on_disk, render_tactile(1, 3, 1, SMALL))
    assert on_disk.shape == (32, 32, 3)
    assert on_disk.dtype == np.uint8
    on_disk = np.asarray(Image.open(small / "vis0023" / "photo0_1.png"))
    assert np.array_equal(on_disk, render_visual(2, 0, 1, SMALL))


# Pure functions of what they are asked for


def test_the_number_of_workers_does_not_change_a_byte(small: Path, tmp_path: Path) -> None:
    render_sample(tmp_path, SMALL, workers=2)
    assert contents(tmp_path) == contents(small)


@pytest.mark.parametrize("modality", ["visual", "tactile"])
def test_more_classes_or_presses_leave_the_other_images_as_they_were(modality: str) -> None:
    larger = SampleSpec(classes=40, presses=9, frames=2, size=32)
    draw = RENDER[modality]
    assert np.array_equal(draw(2, 1, 1, SMALL), draw(2, 1, 1, larger))


def test_more_tiles_leave_the_other_tiles_as_they_were() -> None:
    longer = SampleSpec(classes=3, presses=4, frames=20, size=32)
    assert np.array_equal(render_visual(1, 2, 1, SMALL), render_visual(1, 2, 1, longer))


@pytest.mark.parametrize("modality", ["visual", "tactile"])
def test_another_seed_is_another_set(modality: str) -> None:
    other = SampleSpec(classes=3, presses=4, frames=2, size=32, seed=1)
    assert not np.array_equal(RENDER[modality](0, 0, 0, SMALL), RENDER[modality](0, 0, 0, other))


@pytest.mark.parametrize("modality", ["visual", "tactile"])
@pytest.mark.parametrize("size", [64, 96])
def test_another_size_shows_the_same_patch_of_cloth(modality: str, size: int) -> None:
    draw = RENDER[modality]
    large = draw(1, 0, 1, SampleSpec(size=256)).mean(-1, dtype=np.float32)
    same = draw(1, 0, 1, SampleSpec(size=size)).mean(-1, dtype=np.float32)
    assert np.corrcoef(resize(large, size).ravel(), same.ravel())[0, 1] > 0.95


def test_there_are_twelve_structures_and_48_cloths_that_all_render() -> None:
    assert len({structure.name for structure in STRUCTURES}) >= 12
    spec = SampleSpec(classes=48, size=32)
    for class_index in range(48):
        assert render_tactile(class_index, 0, 5, spec).std() > 5
        assert render_visual(class_index, 0, 0, spec).std() > 3


# Rendering again, later, or at the same time


def test_a_complete_set_is_left_alone(small: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in small.rglob("*")}
    calls: list[tuple[int, int]] = []
    render_sample(small, SMALL, progress=lambda done, total: calls.append((done, total)))
    assert calls == [(48, 48)]
    assert {path: path.stat().st_mtime_ns for path in small.rglob("*")} == before


def test_the_second_modality_can_follow_later(small: Path, tmp_path: Path) -> None:
    render_sample(tmp_path, SMALL, ("tactile",), workers=1)
    assert not list(tmp_path.glob("vis*"))
    assert (tmp_path / "tactile_test.txt").is_file()
    render_sample(tmp_path, SMALL, ("visual",), workers=1)
    assert contents(tmp_path) == contents(small)


def test_a_deleted_image_is_drawn_again(small: Path, tmp_path: Path) -> None:
    render_sample(tmp_path, SMALL, workers=1)
    (tmp_path / "vis0011" / "photo1_0.png").unlink()
    render_sample(tmp_path, SMALL, workers=1)
    assert contents(tmp_path) == contents(small)


def test_progress_counts_every_image_up_to_the_total(tmp_path: Path) -> None:
    calls: list[tuple[int, int]] = []
    render_sample(tmp_path, SMALL, progress=lambda *call: calls.append(call), workers=1)
    assert calls[0] == (0, 48)
    assert calls[-1] == (48, 48)
    assert calls == sorted(calls)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_render_looks_incomplete_and_can_go_on(
    small: Path, tmp_path: Path, workers: int
) -> None:
    def interrupt(done: int, total: int) -> None:
        if done >= 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_sample(tmp_path, SMALL, ("tactile", "visual"), progress=interrupt, workers=workers)
    # Tactile was finished before the interruption; visual was not.
    assert (tmp_path / "tactile_train.txt").is_file()
    assert not list(tmp_path.glob("visual_*"))
    assert not list(tmp_path.rglob("*.tmp"))
    for path in tmp_path.rglob("*.png"):
        Image.open(path).load()
    render_sample(tmp_path, SMALL, workers=1)
    assert contents(tmp_path) == contents(small)


SCRIPT = """
import sys
from pathlib import Path
from vitac_tui.sampleset import SampleSpec, render_sample

if __name__ == "__main__":
    folder, presses, workers = sys.argv[1:]
    spec = SampleSpec(classes=3, presses=int(presses), frames=2, size=32)
    render_sample(
        Path(folder), spec, workers=int(workers),
        progress=lambda done, total: print(done, total, flush=True),
    )
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "render_it.py"
    path.write_text(SCRIPT)
    return path


def start(script: Path, folder: Path, *, presses: int, workers: int) -> "subprocess.Popen[str]":
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, str(script), str(folder), str(presses), str(workers)],
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_may_render_the_same_folder_at_once(
    small: Path, tmp_path: Path, script: Path
) -> None:
    folder = tmp_path / "set"
    rivals = [start(script, folder, presses=4, workers=1) for _ in range(2)]
    for rival in rivals:
        _, complaint = rival.communicate(timeout=60)
        assert rival.returncode == 0, complaint
    assert contents(folder) == contents(small)


def children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc to find children")
def test_a_killed_render_leaves_no_lists_and_no_processes(tmp_path: Path, script: Path) -> None:
    folder = tmp_path / "set"
    render = start(script, folder, presses=1000, workers=2)
    assert render.stdout is not None
    assert render.stderr is not None
    render.stdout.readline()  # nothing drawn yet
    render.stdout.readline()  # the pool is at work
    pool = children(render.pid)
    assert len(pool) >= 2
    render.send_signal(signal.SIGKILL)
    render.wait()
    render.stdout.close()
    render.stderr.close()
    deadline = time.monotonic() + 10
    while any(map(runs, pool)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in pool if runs(pid)]
    assert list(folder.glob("vis*/*.png"))
    assert not list(folder.glob("*.txt"))


# What is refused


def test_a_folder_of_another_spec_is_refused_with_the_difference(small: Path) -> None:
    other = SampleSpec(classes=3, presses=4, frames=2, size=48)
    with pytest.raises(UserError, match=r"size 32, not 48"):
        render_sample(small, other)


def test_a_folder_of_foreign_files_is_refused_and_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match=r"thesis\.txt"):
        render_sample(tmp_path, SMALL)
    assert contents(tmp_path) == {"thesis.txt": b"mine"}


def test_a_description_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sample.json").write_text("[]")
    with pytest.raises(UserError, match="not the description"):
        render_sample(tmp_path, SMALL)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "set"
    path.write_text("")
    with pytest.raises(UserError, match="is a file"):
        render_sample(path, SMALL)


def test_a_folder_that_cannot_be_made_is_a_one_line_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write the sample set"):
        render_sample(tmp_path / "file" / "set", SMALL)


def test_an_unknown_modality_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="audio"):
        render_sample(tmp_path / "set", SMALL, ("audio",))
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize(
    "key, value",
    [("classes", 1), ("classes", 49), ("presses", 1), ("frames", 0), ("size", 8), ("seed", -1)],
)
def test_a_number_out_of_range_is_refused_by_name(key: str, value: int) -> None:
    with pytest.raises(UserError, match=key):
        SampleSpec(**{key: value})


def test_the_folder_says_which_set_it_holds(small: Path) -> None:
    found = json.loads((small / "sample.json").read_text())
    assert {key: found[key] for key in ("classes", "presses", "frames", "size", "seed")} == {
        "classes": 3,
        "presses": 4,
        "frames": 2,
        "size": 32,
        "seed": 0,
    }


# What the set is honest about: its look, what gives the class away, and what does not

HONEST = SampleSpec(classes=12, presses=8, frames=2, size=64)


class Drawn:
    """All images of one modality with their class, press and side of the split."""

    def __init__(self, modality: str) -> None:
        keys = [
            (c, p, f)
            for c in range(HONEST.classes)
            for p in range(HONEST.presses)
            for f in range(HONEST.frames)
        ]
        images = [RENDER[modality](*key, HONEST) for key in keys]
        self.pixels = np.stack(images).astype(np.float32) / 255.0
        self.classes, self.presses, _ = np.array(keys).T
        self.test = np.isin(self.presses, list(held_out_presses(HONEST)))

    def nearest_neighbour_top1(self, features: npt.NDArray[np.float32]) -> float:
        train, test = features[~self.test], features[self.test]
        distance = (train**2).sum(1) - 2.0 * test @ train.T
        found = self.classes[~self.test][distance.argmin(1)]
        return float((found == self.classes[self.test]).mean())

    def luminance_without_markers(self) -> npt.NDArray[np.float32]:
        planes = []
        for image in self.pixels:
            plane = image.mean(-1)
            marker = blur((plane < 0.25).astype(np.float32), 1.0) > 0.05
            planes.append(np.where(marker, np.median(plane), plane))
        return np.stack(planes)

    def high_pass(self) -> npt.NDArray[np.float32]:
        rows = []
        for image in self.pixels:
            plane = image.mean(-1)
            plane = plane - blur(plane, 2.0)
            rows.append(plane.ravel() / np.linalg.norm(plane))
        return np.stack(rows)


@pytest.fixture(scope="module")
def tactile() -> Drawn:
    return Drawn("tactile")


@pytest.fixture(scope="module")
def visual() -> Drawn:
    return Drawn("visual")


def log_spectrum(planes: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    side = planes.shape[1]
    window = np.hanning(side)[:, None] * np.hanning(side)
    rows = []
    for plane in planes:
        flat = plane - blur(plane, side / 16)
        power = np.abs(np.fft.rfft2((flat - flat.mean()) * window)) ** 2
        power = np.fft.fftshift(power, axes=0)[: side // 3 * 3, : side // 2 // 3 * 3]
        pooled = power.reshape(side // 3, 3, -1, 3).mean((1, 3))
        row = np.log(pooled + 1e-3 * pooled.mean())
        rows.append((row - row.mean()).ravel())
    return np.stack(rows)


def test_tactile_frames_have_the_colours_of_the_real_ones(tactile: Drawn) -> None:
    mean, std = tactile.pixels.mean((0, 1, 2)), tactile.pixels.std((0, 1, 2))
    assert mean == pytest.approx([0.498, 0.420, 0.462], abs=0.03)
    assert std == pytest.approx([0.108, 0.084, 0.091], abs=0.025)


def test_visual_tiles_have_the_colours_of_the_real_ones(visual: Drawn) -> None:
    mean, std = visual.pixels.mean((0, 1, 2)), visual.pixels.std((0, 1, 2))
    assert mean == pytest.approx([0.677, 0.587, 0.584], abs=0.03)
    assert std == pytest.approx([0.058, 0.066, 0.065], abs=0.025)


@pytest.mark.parametrize("modality", ["visual", "tactile"])
def test_colour_does_not_give_the_class_away(modality: str, request: pytest.FixtureRequest) -> None:
    drawn: Drawn = request.getfixturevalue(modality)
    assert drawn.nearest_neighbour_top1(drawn.pixels.mean((1, 2))) < 0.45


@pytest.mark.parametrize("modality", ["visual", "tactile"])
def test_texture_gives_the_class_away(modality: str, request: pytest.FixtureRequest) -> None:
    drawn: Drawn = request.getfixturevalue(modality)
    features = log_spectrum(drawn.luminance_without_markers())
    assert drawn.nearest_neighbour_top1(features) > 0.7


def test_frames_of_one_press_are_near_copies_and_presses_are_not(tactile: Drawn) -> None:
    rows = tactile.high_pass()
    correlation = rows @ rows.T
    np.fill_diagonal(correlation, 0.0)
    same_class = tactile.classes[:, None] == tactile.classes
    same_press = same_class & (tactile.presses[:, None] == tactile.presses)
    np.fill_diagonal(same_press, False)
    assert correlation[same_press].min() > 0.6
    other_press = np.where(same_class & ~same_press, correlation, -1.0).max(1)
    assert (other_press > 0.6).mean() < 0.05


def test_tiles_of_one_photo_share_a_source_but_are_no_near_copies(visual: Drawn) -> None:
    rows = visual.high_pass()
    correlation = rows @ rows.T
    same_photo = (visual.classes[:, None] == visual.classes) & (
        visual.presses[:, None] == visual.presses
    )
    np.fill_diagonal(same_photo, False)
    assert np.median(correlation[same_photo]) < 0.3
    assert (correlation[same_photo] > 0.6).mean() < 0.1
