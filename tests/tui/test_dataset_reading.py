from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted import scripted

from vitac_tui.audit.dataset_table import validated as as_checked
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import LAYOUTS
from vitac_tui.tui.reading import survey
from vitac_tui.tui.reading.folders import completion, expanded, recent
from vitac_tui.tui.reading.form import dataset_rows


def nothing(text: str) -> None:
    pass


def test_a_folder_alone_is_guessed_and_counted(stripes: Path) -> None:
    view = survey.load({"root": str(stripes)}, nothing)
    assert view.table == {"layout": "folder", "root": str(stripes)}
    assert [row.name for row in view.classes] == ["class0", "class1", "class2"]
    assert sum(view.images.values()) == 36
    assert [sum(row.images) for row in view.classes] == [12, 12, 12]


def test_a_table_is_read_as_it_says(stripes: Path) -> None:
    table = {"layout": "folder", "root": str(stripes), "group": "g([0-9]+)_"}
    view = survey.load({**table, "split": {"test": 0.25, "val": 0.25}}, nothing)
    assert view.groups == {"train": 6, "val": 3, "test": 3}
    assert view.classes[0].groups == 4


def test_decoding_finds_what_names_do_not_tell(tmp_path: Path, stripes: Path) -> None:
    root = tmp_path / "set"
    for number, source in enumerate(sorted(stripes.rglob("*.png"))[:24]):
        target = root / source.parent.name / f"{number}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes() if number else b"not an image")
    table = {"layout": "folder", "root": str(root), "cache": "off", "image_size": 16}
    before = survey.load(table, nothing)
    told: list[str] = []
    after = survey.decoded(before, told.append)
    assert "24 of 24 images decoded" in told
    assert told[-1] == "23 of 23 images compared"
    assert after.found.corrupt == {"class0/0.png": "not an image of a known format"}
    assert sum(after.images.values()) == 23
    assert len(after.classes[0].samples) == 12  # the broken one is still shown
    assert sum(after.classes[0].images) == 11
    assert after.table == before.table


def test_the_sample_set_is_rendered_with_a_count(place: Path, monkeypatch: Any) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    told: list[str] = []
    table = {"layout": "sample", "classes": 2, "presses": 4, "frames": 1, "size": 32}
    view = survey.load(table, told.append)
    assert "rendering, 8 of 8 images" in told
    assert view.table == table
    assert sum(view.images.values()) == 8


def test_what_is_typed_is_taken_as_set_takes_it(stripes: Path) -> None:
    table = {"layout": "folder", "root": str(stripes)}
    assert survey.validated(table, "split.test", "0.5").split.test == 0.5
    assert survey.validated(table, "group", "").group == ""
    for key, text, said in (
        ("split.test", "2", "split.test: must be below 1, not 2"),
        ("split.test", "many", "split.test: expects a number, not text 'many'"),
        ("image_size", "", "image_size: expects a whole number"),
        ("group", "(", "group: '(' is not a regular expression"),
    ):
        with pytest.raises(UserError) as problem:
            survey.validated(table, key, text)
        assert str(problem.value).startswith(said)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_can_be_changed_to(stripes: Path, layout: str) -> None:
    lists = {"layout": "list", "root": str(stripes), "train_list": "a.txt", "image_size": 64}
    table = survey.of_layout({**lists, "split": {"test": 0.0, "seed": 3}}, layout)
    dataset = survey.validated(table)
    assert isinstance(dataset, LAYOUTS[layout])
    assert (dataset.image_size, dataset.split.seed, dataset.split.test) == (
        64,
        3,
        0.0 if layout in ("list", "vitac") else 0.2,  # lists decide on the test set
    )


def test_every_setting_has_a_field_with_its_help() -> None:
    for name in LAYOUTS:
        table = survey.of_layout({"root": "/somewhere", "list": "a.csv"}, name)
        shown = dataset_rows(survey.validated(table))
        assert shown[0].key == "layout"
        assert all(row.field.help.endswith(".") for row in shown)
        keys = {row.key for row in shown}
        assert set(LAYOUTS[name].model_fields) - {"root", "split", "columns"} <= keys
        assert {"split.by", "split.test", "split.val", "split.seed"} <= keys
    texts = {row.key: row.text for row in dataset_rows(as_checked({"layout": "sample"}))}
    assert (texts["layout"], texts["split.test"], texts["group"]) == ("sample", "0.2", "")


def test_a_path_is_completed_folder_by_folder(tmp_path: Path) -> None:
    for name in ("beta", "alpha[1]", "alps", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "alphabet.txt").write_text("")
    assert completion(f"{tmp_path}/al") == f"{tmp_path}/alpha[1]/"
    assert completion(f"{tmp_path}/alp") == f"{tmp_path}/alpha[1]/"
    assert completion(f"{tmp_path}/alps") == f"{tmp_path}/alps/"
    assert completion(f"{tmp_path}/.h") == f"{tmp_path}/.hidden/"
    assert completion(f"{tmp_path}/") == f"{tmp_path}/alpha[1]/"
    for text in (f"{tmp_path}/x", f"{tmp_path}/nowhere/x", "\0", "~nobody-of-that-name/x"):
        assert completion(text) is None


def test_a_path_with_a_home_is_expanded(place: Path) -> None:
    assert expanded(" ~/data ") == Path.home() / "data"
    assert expanded("~nobody-of-that-name") == place / "~nobody-of-that-name"


def test_recent_datasets_are_those_of_the_newest_runs(place: Path, stripes: Path) -> None:
    for name, root in (("2026-a", "/data/a"), ("2026-b", "/data/b"), ("2026-c", "/data/a")):
        run = scripted(place / "runs", name)
        run.experiment.write_text(
            f'name = "x"\n[dataset]\nlayout = "folder"\nmodality = "visual"\nroot = "{root}"\n'
            'split = {from = "elsewhere", seed = 4}\n'
        )
    scripted(place / "runs", "2026-d")  # on the sample set
    scripted(place / "runs", "2026-e").experiment.write_text("no TOML")
    assert [(t["root"], t["split"]) for t in recent(place / "runs")] == [
        ("/data/a", {"seed": 4}),
        ("/data/b", {"seed": 4}),
    ]
    assert recent(place / "nowhere") == ()
