"""`dataset check` on a rendered sample set: its contents, and whether its split leaks."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from vitac_tui.cli import main
from vitac_tui.sampleset import SampleSpec, render_sample

SPEC = SampleSpec(classes=4, presses=6, frames=2, size=48)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("rendered") / "set"
    render_sample(root, SPEC)
    for split_list in root.glob("*.txt"):
        split_list.unlink()  # so that tests choose the split
    return root


def check(capsys: pytest.CaptureFixture[str], root: Path, *sets: str) -> dict[str, Any]:
    options = [part for text in ("image_size=48", "cache=off", *sets) for part in ("--set", text)]
    options = [text if text == "--set" else f"dataset.{text}" for text in options]
    assert main(["--quiet", "dataset", "check", str(root), "--json", *options]) == 0
    report: dict[str, Any] = json.loads(capsys.readouterr().out)
    return report


def test_the_tactile_half_leaks_only_if_it_is_split_by_image(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_group = check(capsys, rendered, "modality=tactile")
    assert by_group["verdict_grade"] == "nothing_found"
    assert by_group["verdict"].startswith("nothing found: ")
    by_image = check(capsys, rendered, "modality=tactile", "split.by=image")
    assert by_image["verdict_grade"] == "leak"
    assert by_image["verdict"].startswith("leak: ")
    assert 'Replace the split by `split = {by = "group"}` under [dataset]' in by_image["verdict"]
    assert by_image["near_copies"]["test"]["near"] > 0.8
    assert by_image["probes"]["test"]["structure"] > 0.8


def test_the_advice_for_images_in_lists_leaves_a_test_set(
    rendered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = sorted(path.relative_to(rendered) for path in rendered.rglob("vis*/*.png"))
    lines = [f"{path} {int(path.parent.name[3:])}" for path in paths]
    lists = {"train": lines[::2], "test": lines[1::2]}
    shutil.copytree(rendered, tmp_path / "set")
    for split, entries in lists.items():
        (tmp_path / f"set/{split}.txt").write_text("\n".join(entries))
    given = [f"{split}_list={split}.txt" for split in lists]
    verdict = check(capsys, tmp_path / "set", "layout=vitac", *given, "split.val=0.2")["verdict"]
    assert "Put all images into one list or folder, and replace the split by" in verdict
    assert '`split = {by = "group", val = 0.2}` under [dataset]' in verdict


def test_a_guess_with_a_single_class_is_never_without_findings(
    rendered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The folder above the classes was given, so that all classes are read as one."""
    for path in rendered.rglob("vis*/*.png"):
        copy = tmp_path / "set/photos_of_cloths" / f"{path.parent.name[3:]}-{path.name}"
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    report = check(capsys, tmp_path / "set")
    assert report["classes"] == 1
    assert report["verdict_grade"] != "nothing_found"
    assert "one_class" in [finding["kind"] for finding in report["findings"]]


def test_a_check_reports_sizes_modes_groups_and_classes(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = check(capsys, rendered)
    assert report["sizes"] == {"48x48": 48}
    assert report["modes"] == {"RGB": 48}
    assert report["groups"] == {"train": 16, "val": 4, "test": 4}
    assert report["per_class"]["11"] == {"train": 8, "val": 2, "test": 2}
    assert report["unreadable"] == {}
    assert report["other_modality"] == {
        "modality": "tactile",
        "images": 48,
        "classes": 4,
        "only_here": [],
        "only_there": [],
        "pairs": 0,
    }


def test_truncated_files_are_listed_in_json_and_in_text(
    rendered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "set"
    for path in rendered.rglob("vis*/*.png"):
        copy = root / path.relative_to(rendered)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    broken = root / "vis0011/photo0_0.png"
    broken.write_bytes(broken.read_bytes()[:500])
    report = check(capsys, root)
    assert list(report["unreadable"]) == ["vis0011/photo0_0.png"]
    assert report["other_modality"] is None
    options = ["--set", "dataset.image_size=48", "--set", "dataset.cache=off"]
    assert main(["dataset", "check", str(root), *options]) == 0
    text = capsys.readouterr().out
    assert "unreadable: vis0011/photo0_0.png (" in text
    assert "sizes: 48x48 (47); modes: RGB (47)" in text
    assert f"verdict: {report['verdict']}" in text


def test_the_no_contact_baseline_or_the_reason_against_it_is_printed(
    rendered: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["modality=tactile", "image_size=48", "cache=off"]
    sets = [part for text in options for part in ("--set", f"dataset.{text}")]
    assert main(["--quiet", "dataset", "check", str(rendered), *sets]) == 0
    assert (
        "frames without contact: not applicable: none of 24 presses has a frame without contact"
    ) in capsys.readouterr().out
    assert check(capsys, rendered)["no_contact"]["reason"] == "photos show no contact"
