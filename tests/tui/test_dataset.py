from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import Any

import pytest
from screentext import (
    app,
    choose_setting,
    edit_setting,
    press,
    screen_text,
    sees,
    type_setting,
    until,
)
from scripted import scripted
from support import Command, write_stripes
from textual import events
from textual.pilot import Pilot
from textual.widgets import DataTable, Input

from vitac_tui.experiment import presets
from vitac_tui.tui.screens.dataset import DatasetScreen
from vitac_tui.tui.screens.runs import RunsScreen
from vitac_tui.tui.widgets.imagegrid import ImageGrid
from vitac_tui.tui.widgets.settings_form import SettingsForm

SIZES = [(80, 24), (120, 40)]


class Chosen(list[Any]):
    """What the screen was dismissed with."""


async def opened(pilot: Pilot[Any], table: dict[str, Any] | None = None) -> Chosen:
    """The dataset screen over the runs, and where its result will be."""
    chosen = Chosen()
    await pilot.pause()
    pilot.app.push_screen(DatasetScreen(table), chosen.append)
    await until(pilot, lambda: isinstance(pilot.app.screen, DatasetScreen), "the screen")
    await pilot.pause()
    return chosen


async def types(pilot: Pilot[Any], where: str, text: str) -> None:
    """Put the cursor into a field and replace what it holds."""
    field = pilot.app.screen.query_one(where, Input)
    field.focus()
    await until(pilot, lambda: pilot.app.focused is field, "the cursor")
    field.value = text
    await pilot.pause()


@pytest.mark.parametrize("size", SIZES)
async def test_a_typed_folder_is_read_looked_at_and_chosen(
    place: Path, stripes: Path, size: tuple[int, int], vitac_tui: Command
) -> None:
    async with app(place / "runs").run_test(size=size) as pilot:
        await press(pilot, "i")
        await sees(pilot, "choose a folder, or the sample set")
        await press(pilot, "c escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, RunsScreen), "the runs")
        chosen = await opened(pilot)
        await types(pilot, "#path", str(stripes)[:-2])
        await press(pilot, "tab")
        assert pilot.app.focused.value == f"{stripes}/"
        await press(pilot, "enter")
        await sees(pilot, "36 images, 3 classes, visual, layout folder")
        await sees(pilot, "class0/g0_0.png: class class0, group class0/g0_0.png")
        await press(pilot, "2")
        await sees(pilot, "have no known")
        await sees(pilot, "class2")
        await press(pilot, "down 3")
        await sees(pilot, "class class1: 1-")
        await sees(pilot, "▀▀▀▀")
        await press(pilot, "c")
        await until(pilot, lambda: bool(chosen), "a table")
    said = vitac_tui("dataset", "check", stripes, "--quiet", cwd=place)
    printed = tomllib.loads(said.stdout[said.stdout.index("\n[dataset]\n") :])
    assert chosen == [printed["dataset"]]
    data = {"name": "x", "model": {"arch": "resnet18"}, "dataset": chosen[0]}
    assert presets.resolve(data).dataset.root == str(stripes)


@pytest.mark.parametrize("paste", [False, True])
async def test_an_absolute_path_keeps_its_first_letters(
    place: Path, stripes: Path, paste: bool
) -> None:
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        if paste:
            pilot.app.post_message(events.Paste(f"{stripes}\n"))
        else:
            await pilot.press(*("slash" if c == "/" else c for c in str(stripes)))
        path = pilot.app.screen.query_one("#path", Input)
        await until(pilot, lambda: path.value == str(stripes), "the path")
        await press(pilot, "enter")
        await sees(pilot, "36 images")
        pilot.app.screen.set_focus(path)
        pilot.app.post_message(events.Paste("/elsewhere"))  # replaces, instead of being added
        await until(pilot, lambda: path.value == "/elsewhere", "the other path")
        await press(pilot, "escape")
        assert path.value == str(stripes)


async def test_settings_are_changed_and_read_anew(place: Path, stripes: Path) -> None:
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        chosen = await opened(pilot, {"layout": "folder", "root": str(stripes)})
        await sees(pilot, "36 images")
        await edit_setting(pilot, "group")
        await sees(pilot, "group: Regular expression for the path")
        await types(pilot, "#typed", "g([0-9]+")
        await sees(pilot, "is not a regular expression")
        await press(pilot, "enter")  # which does not take what is wrong
        assert pilot.app.focused.id == "typed"
        await types(pilot, "#typed", "g([0-9]+)_")  # its groups are shown before enter
        await until(pilot, lambda: "have no known" not in screen_text(pilot.app), "groups")
        await press(pilot, "escape")  # which takes it back
        await sees(pilot, "have no known")
        await type_setting(pilot, "group", "g([0-9]+)_")
        await until(pilot, lambda: "have no known" not in screen_text(pilot.app), "groups")
        await choose_setting(pilot, "split.by", "image")
        await until(pilot, lambda: "shared sources" in screen_text(pilot.app), "the leak")
        await press(pilot, "c")
        await until(pilot, lambda: bool(chosen), "a table")
    assert chosen == [
        {
            "layout": "folder",
            "root": str(stripes),
            "group": "g([0-9]+)_",
            "split": {"by": "image"},
        }
    ]


@pytest.mark.parametrize("size", SIZES)
async def test_escape_leaves_a_choice_of_the_form_and_what_was_set_stays(
    place: Path, stripes: Path, size: tuple[int, int]
) -> None:
    async with app(place / "runs").run_test(size=size) as pilot:
        chosen = await opened(pilot, {"layout": "folder", "root": str(stripes)})
        await sees(pilot, "36 images")
        await choose_setting(pilot, "fit", "crop")
        await until(pilot, lambda: ["fit", "crop"] in cells(pilot), "the choice")
        await press(pilot, "escape")  # out of the form
        assert not chosen
        await press(pilot, "escape")  # nothing is left but the screen
        await until(pilot, lambda: chosen == [None], "the end")


def cells(pilot: Pilot[Any]) -> list[list[str]]:
    """The rows of the form: setting and value."""
    form = pilot.app.screen.query_one(SettingsForm)
    return [[str(cell).strip() for cell in form.get_row_at(at)] for at in range(form.row_count)]


async def test_escape_from_the_path_goes_to_the_panel_that_is_shown(
    place: Path, stripes: Path
) -> None:
    write_stripes(place / "all")
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        chosen = await opened(pilot, {"root": str(stripes)})
        await sees(pilot, "36 images")
        await press(pilot, "2 slash escape")
        assert pilot.app.focused.id == "counts"
        await press(pilot, "enter c")  # the working folder is not read
        await until(pilot, lambda: bool(chosen), "a table")
    assert chosen[0]["root"] == str(stripes)


async def test_another_layout_shows_its_own_settings(place: Path, stripes: Path) -> None:
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await opened(pilot, {"root": str(stripes)})
        await sees(pilot, "36 images")
        await choose_setting(pilot, "layout", "pattern")
        await sees(pilot, "layout pattern")
        await type_setting(pilot, "pattern", "{class}/g{group}_{frame}.png")
        await sees(pilot, "class class0, group class0/0, frame 0")
        await choose_setting(pilot, "layout", "list")
        await sees(pilot, "not read")
        assert "columns.path" in screen_text(pilot.app)
        await choose_setting(pilot, "layout", "folder")
        await sees(pilot, "36 images")


async def test_the_modality_is_guessed_anew_while_nothing_was_set(place: Path) -> None:
    root = write_stripes(place / "cloths")
    for label in range(3):
        (root / f"class{label}").rename(root / f"vis000{label}")
        shutil.copytree(root / f"vis000{label}", root / f"CD000{label}")
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await opened(pilot, {"root": str(root)})
        await sees(pilot, "visual, layout vitac")
        await choose_setting(pilot, "modality", "tactile")
        await sees(pilot, "tactile, layout vitac")
        await sees(pilot, "CD0000/g0_0.png")


async def test_the_sample_set_is_a_choice(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(place / "cache"))
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        small = {"layout": "sample", "classes": 2, "presses": 4, "frames": 1, "size": 32}
        chosen = await opened(pilot, small)
        await sees(pilot, "8 images, 2 classes, visual, layout sample  built in")
        await press(pilot, "c")
        await until(pilot, lambda: bool(chosen), "a table")
        assert chosen == [small]


async def test_the_dataset_of_an_earlier_run_is_a_choice(place: Path, stripes: Path) -> None:
    run = scripted(place / "runs")
    run.experiment.write_text(
        f'name = "x"\n[dataset]\nlayout = "folder"\nmodality = "visual"\nroot = "{stripes}"\n'
        'group = "g([0-9]+)_"\n[model]\narch = "resnet18"\n'
    )
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        chosen = await opened(pilot)
        await sees(pilot, "stripes  visual")
        await press(pilot, "down down up up down enter")  # into the tree and back
        await sees(pilot, "36 images")
        await press(pilot, "escape")
        assert chosen == [None]


async def test_the_tree_opens_folders_and_chooses_one(place: Path) -> None:
    write_stripes(place / "sets/[odd]", classes=2)
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await sees(pilot, "+ sets")
        await press(pilot, "down down right")
        await sees(pilot, "+ [odd]")
        await press(pilot, "down enter")
        await sees(pilot, "24 images, 2 classes, visual, layout folder")
        assert str(place / "sets/[odd]")[:30] in screen_text(pilot.app)
        await press(pilot, "left left backspace")
        await sees(pilot, "- " + place.parent.name)


async def test_broken_datasets_are_said_in_one_line(place: Path) -> None:
    (place / "empty").mkdir()
    mixed = write_stripes(place / "mixed")
    (mixed / "class0").rename(mixed / "train")
    (mixed / "class1").rename(mixed / "test")
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        chosen = await opened(pilot, {"root": str(place / "empty")})
        await sees(pilot, "there is no image")
        await press(pilot, "1 2 d y c n N z plus minus 3 n space")
        assert chosen == []
        await types(pilot, "#path", str(place / "nowhere"))
        await press(pilot, "enter")
        await sees(pilot, "there is no folder")
        await press(pilot, "escape")
        assert chosen == [None]
        chosen = await opened(pilot, {"layout": "folder", "root": str(mixed)})
        await sees(pilot, "lies 'class2', which is not a split")


async def test_unreadable_images_and_odd_names_are_shown(place: Path) -> None:
    root = write_stripes(place / "odd", classes=2)
    (root / "class0").rename(root / "綿[bold]")
    (root / "class1/g0_0.png").write_bytes(b"no image")
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        table = {"layout": "folder", "root": str(root), "cache": "off", "image_size": 16}
        await opened(pilot, table)
        await sees(pilot, "24 images, 2 classes")
        await press(pilot, "2")
        await sees(pilot, "綿[bold]")
        await press(pilot, "3")
        await sees(pilot, "not an image of a known format")
        await press(pilot, "2 down 3")
        await sees(pilot, "class 綿[bold]: 1-")
        await press(pilot, "d 2")
        await sees(pilot, "left out as unreadable, 1 of 24 images")
        assert pilot.app.screen.query_one("#counts", DataTable).row_count == 2


async def test_a_folder_that_vanishes_while_it_is_shown_is_no_crash(place: Path) -> None:
    root = write_stripes(place / "gone")
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await opened(pilot, {"root": str(root)})
        await sees(pilot, "36 images")
        shutil.rmtree(root)
        await press(pilot, "3 n")
        await sees(pilot, "No such file or directory")
        await type_setting(pilot, "split.seed", "3")
        await sees(pilot, "there is no folder")


async def test_pages_turn_round_and_pictures_change_their_size(place: Path, stripes: Path) -> None:
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await opened(pilot, {"root": str(stripes)})
        await sees(pilot, "36 images")
        await press(pilot, "3")
        grid = pilot.app.screen.query_one(ImageGrid)
        await sees(pilot, "1-2 of 12, middle 2x (z)")
        await press(pilot, "n")
        await sees(pilot, "3-4 of 12")
        await press(pilot, "N N")
        await sees(pilot, "11-12 of 12")
        await press(pilot, "n minus minus minus")
        await sees(pilot, "1-12 of 12")
        await press(pilot, "z z")
        await sees(pilot, "whole")
        for _ in range(9):
            await press(pilot, "plus")
        assert grid.place.startswith("1-2 of 12")
        await press(pilot, "minus minus")  # the first steps go to what can be seen
        await sees(pilot, "1-3 of 12")


async def test_without_unicode_pictures_are_made_of_characters(place: Path, stripes: Path) -> None:
    async with app(place / "runs", ascii=True).run_test(size=(80, 24)) as pilot:
        await opened(pilot, {"root": str(stripes)})
        await press(pilot, "3")
        await sees(pilot, "1-2 of 12")
        await sees(pilot, "train g0_0.png")
        assert "▀" not in screen_text(pilot.app)


async def test_the_screen_survives_any_size(place: Path, stripes: Path) -> None:
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await opened(pilot, {"root": str(stripes)})
        await sees(pilot, "36 images")
        for panel in "123":
            await press(pilot, panel)
            for size in ((20, 5), (1, 1), (200, 60), (80, 24), (20, 5)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
        await sees(pilot, "36 images")
        await types(pilot, "#path", "/nowhere")
        await press(pilot, "enter")
        await sees(pilot, "dataset.root:")


async def test_a_failed_decoding_leaves_what_was_read(place: Path, stripes: Path) -> None:
    (place / "file").write_text("")
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        table = {"layout": "folder", "root": str(stripes), "cache": str(place / "file")}
        chosen = await opened(pilot, table)
        await sees(pilot, "36 images")
        await press(pilot, "d")
        await sees(pilot, "cannot be written")
        await press(pilot, "2")
        await sees(pilot, "class2")
        await press(pilot, "c")
        assert not chosen
