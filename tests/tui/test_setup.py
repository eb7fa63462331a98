from pathlib import Path

from screentext import app, press, screen_text, sees
from textual.widgets import DataTable, Input

from vitac_tui.experiment import presets
from vitac_tui.experiment.settings import Experiment
from vitac_tui.tui import wanted
from vitac_tui.tui.reading.draft import Draft
from vitac_tui.tui.reading.form import rows
from vitac_tui.tui.reading.outlook import outlook


def demo() -> Experiment:
    return presets.load("demo")


def test_every_setting_of_a_preset_is_a_field_that_can_be_set_to_what_it_is() -> None:
    for name in presets.built_in():
        if name == "folder":
            continue  # has no root
        experiment = presets.load(name)
        draft = Draft(name)
        for row in rows(experiment):
            draft = draft.set(row.key, row.text)
            assert row.help
        assert draft.resolve(None) == experiment


def test_a_changed_setting_is_a_set_text_and_a_second_change_replaces_the_first() -> None:
    draft = Draft("demo").set("train.epochs", "3").set("seed", "7").set("train.epochs", "4")
    assert draft.sets == ("seed=7", "train.epochs=4")
    assert draft.resolve(None).train.epochs == 4
    assert draft.undo().resolve(None).train.epochs == demo().train.epochs


def test_the_outlook_counts_images_steps_and_points(stripes: Path) -> None:
    draft = Draft("folder").set("dataset.root", str(stripes)).set("dataset.group", "g([0-9]+)_")
    text = outlook(draft.set("train.learning_rate", "[0.1, 0.01]").resolve(None))
    assert "3 classes; images: " in text
    assert "× 2 rates" in text
    assert "variant" in text


def test_data_that_cannot_be_read_is_said_in_the_outlook(place: Path) -> None:
    text = outlook(Draft("folder").set("dataset.root", str(place / "nowhere")).resolve(None))
    assert text.startswith("data: ")
    assert "nowhere" in text


def test_the_sample_set_is_not_rendered_to_look_ahead(place: Path) -> None:
    assert "rendered on first use" in outlook(demo())
    assert not list(place.parent.rglob("*.png"))


async def test_a_setting_is_edited_checked_as_typed_and_taken_back(place: Path) -> None:
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await press(pilot, "n enter")
        await sees(pilot, "new run: demo")
        table = pilot.app.screen.query_one("#settings", DataTable)
        keys = [row.key for row in rows(demo())]
        table.move_cursor(row=keys.index("train.epochs"))
        await pilot.pause()
        await press(pilot, "enter")
        line = pilot.app.screen.query_one("#edit", Input)
        line.value = "many"
        await sees(pilot, "--set train.epochs=many")
        line.value = "5"
        await press(pilot, "enter")
        await sees(pilot, "1 change")
        assert "* train.epochs" in screen_text(pilot.app)
        await press(pilot, "u")
        await sees(pilot, "  train.epochs                      12 epochs")


async def test_choices_are_stepped_through(place: Path) -> None:
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await press(pilot, "n enter")
        table = pilot.app.screen.query_one("#settings", DataTable)
        keys = [row.key for row in rows(demo())]
        table.move_cursor(row=keys.index("dataset.modality"))
        await pilot.pause()
        await press(pilot, "right")
        await sees(pilot, "* dataset.modality")
        assert "tactile" in screen_text(pilot.app)


async def test_go_starts_what_the_form_shows_and_save_writes_the_same_experiment(
    place: Path,
) -> None:
    asked: list[wanted.Start] = []
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        pilot.app._on_start = asked.append
        await press(pilot, "n enter")
        pilot.app.screen._load(Draft("demo").set("train.epochs", "5"))
        await press(pilot, "w")
        pilot.app.screen.query_one("#edit", Input).value = "mine/five.toml"
        await press(pilot, "enter")
        assert presets.load("mine/five.toml") == Draft("demo", ("train.epochs=5",)).resolve(None)
        await press(pilot, "w")
        pilot.app.screen.query_one("#edit", Input).value = "mine/five.toml"
        await press(pilot, "enter")
        await sees(pilot, "exists already")
        await press(pilot, "escape escape")
        await sees(pilot, "No runs yet")


async def test_a_preset_that_does_not_exist_is_said_where_it_was_typed(place: Path) -> None:
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await press(pilot, "n")
        pilot.app.screen.query_one("#preset", Input).value = "demmo"
        await press(pilot, "enter")
        await sees(pilot, "did you mean")


def test_a_chosen_dataset_replaces_the_preset_s_and_every_change_of_it(stripes: Path) -> None:
    table = {"layout": "folder", "root": str(stripes), "split": {"by": "image"}}
    draft = Draft("demo").set("dataset.classes", "3").set("seed", "7").with_dataset(table)
    experiment = draft.resolve(None)
    assert (experiment.dataset.layout, experiment.dataset.root) == ("folder", str(stripes))
    assert experiment.dataset.split.by == "image"
    assert experiment.seed == 7
    assert draft.changes("dataset.group")
    assert not draft.changes("train.epochs")
    assert draft.set("dataset.group", "g([0-9]+)_").resolve(None).dataset.root == str(stripes)
    assert draft.undo().resolve(None).dataset == demo().dataset


async def test_the_dataset_is_chosen_from_the_form(place: Path, stripes: Path) -> None:
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await press(pilot, "n enter d")
        await sees(pilot, "/ path")
        await press(pilot, "slash")
        pilot.app.screen.query_one("#path", Input).value = str(stripes)
        await press(pilot, "enter")
        await sees(pilot, "36 images, 3 classes")
        await press(pilot, "c")
        await sees(pilot, "new run: demo, 1 change")
        text = screen_text(pilot.app)
        assert "* dataset.root" in text
        assert str(stripes)[:20] in text
        assert pilot.app.screen._experiment.dataset.image_size == 64  # the demo's, as before
        await press(pilot, "d")
        await sees(pilot, "36 images, 3 classes")
        await press(pilot, "escape")
        await sees(pilot, "new run: demo, 1 change")


async def test_a_dataset_chosen_from_the_runs_opens_the_form_on_it(
    place: Path, stripes: Path
) -> None:
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await press(pilot, "i slash")
        pilot.app.screen.query_one("#path", Input).value = str(stripes)
        await press(pilot, "enter")
        await sees(pilot, "36 images, 3 classes")
        await press(pilot, "c")
        await sees(pilot, "new run: folder, 1 change")
        await sees(pilot, "3 classes; images")
        assert pilot.app.screen._experiment.dataset.root == str(stripes)
        await press(pilot, "escape")
        await sees(pilot, "No runs yet")
