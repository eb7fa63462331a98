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
