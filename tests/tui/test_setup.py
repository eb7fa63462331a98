from pathlib import Path
from threading import Event

import pytest
from screentext import app, press, screen_text, sees, until
from textual.widgets import DataTable, Input

from vitac_tui.errors import UserError
from vitac_tui.experiment import presets
from vitac_tui.experiment.registries import OPTIMIZERS
from vitac_tui.experiment.settings import Experiment
from vitac_tui.loading.batches import bounds
from vitac_tui.runs.directory import RunDir
from vitac_tui.tui.reading.draft import Draft
from vitac_tui.tui.reading.form import rows
from vitac_tui.tui.reading.summary import Network, network_text, steps_of, summarize
from vitac_tui.tui.services import run_actions
from vitac_tui.tui.services.network_cost import Counting


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


def test_variants_with_names_like_numbers_are_set_by_their_places() -> None:
    steps = 'prune = [{method = "global_unstructured", amount = 0.5}]'
    named = ", ".join(f'{{name = "{name}", {steps}}}' for name in ("1", "v2.5", "0", "plain"))
    draft = Draft("demo").set("variant", f"[{named}]")
    keys = [row.key for row in rows(draft.resolve(None)) if row.key.endswith("prune.0.amount")]
    assert keys[-1] == "variant.plain.prune.0.amount"
    amounts = [0.1, 0.2, 0.3, 0.4]
    for key, amount in zip(keys, amounts, strict=True):
        draft = draft.set(key, str(amount))
    assert [variant.prune[0].amount for variant in draft.resolve(None).variants] == amounts


def test_a_changed_setting_is_a_set_text_and_a_second_change_replaces_the_first() -> None:
    draft = Draft("demo").set("train.epochs", "3").set("seed", "7").set("train.epochs", "4")
    assert draft.sets == ("seed=7", "train.epochs=4")
    assert draft.resolve(None).train.epochs == 4
    assert draft.undo().resolve(None).train.epochs == 3


def test_changes_are_taken_back_one_by_one() -> None:
    draft = Draft("demo").set("dataset.fit", "crop").set("seed", "7").set("dataset.fit", "pad")
    assert draft.undo().sets == ("dataset.fit=crop", "seed=7")
    assert draft.undo().undo().sets == ("dataset.fit=crop",)
    assert draft.undo().undo().undo().undo().sets == ()


def test_the_summary_counts_images_steps_and_points(stripes: Path) -> None:
    draft = Draft("folder").set("dataset.root", str(stripes)).set("dataset.group", "g([0-9]+)_")
    text = summarize(draft.set("train.learning_rate", "[0.1, 0.01]").resolve(None)).text
    assert "3 classes; images: " in text
    assert "× 2 rates" in text
    assert "variant" in text


def test_data_that_cannot_be_read_is_said_in_the_summary(place: Path) -> None:
    text = summarize(Draft("folder").set("dataset.root", str(place / "nowhere")).resolve(None)).text
    assert text.startswith("data: ")
    assert "nowhere" in text


def test_the_sample_set_is_not_rendered_to_look_ahead(place: Path) -> None:
    found = summarize(demo())
    assert "rendered on first use" in found.text
    assert found.network == Network("resnet18", 12, 64)
    assert not list(place.parent.rglob("*.png"))


@pytest.mark.parametrize("images", [1, 2, 8, 9, 10, 16, 17])
@pytest.mark.parametrize("batch_size", [1, 2, 8, 32])
def test_steps_are_the_batches_that_a_training_makes(images: int, batch_size: int) -> None:
    assert steps_of(images, batch_size) == len(bounds(images, batch_size))


def test_the_room_for_checkpoints_grows_with_rates_seeds_and_amounts() -> None:
    figures = {"parameters": 8_000_000, "valid_weights": 7_000_000, "macs": 5, "bytes": 32_000_000}
    draft = Draft("demo").set("variant", "[]")
    assert "64 MB at once\n  192 MB more during training" in network_text(
        draft.resolve(None), figures
    )
    more = draft.set("train.learning_rate", "[0.1, 0.01]").set("seeds", "[1, 2]")
    more = more.set("train.optimizer", "sgd").set("train.keep", "best")
    assert "192 MB at once\n  192 MB more" in network_text(more.resolve(None), figures)
    step = 'method = "global_unstructured", amount = {sweep = [0.1, 0.2]}'
    swept = draft.set("prune", f"[{{{step}}}]")
    tuned = draft.set("prune", f"[{{{step}, recover = {{epochs = 1}}}}]")
    for changed, room in (
        (swept, "97 MB at once"),  # the chosen model alone, and a bit an entry for its mask
        (tuned, "130 MB at once"),  # those with training in them stay until one is chosen
        (swept.set("evaluate.test", "all"), "130 MB at once"),
    ):
        assert room in network_text(changed.resolve(None), figures)


def test_every_optimizer_s_state_is_counted() -> None:
    figures = {"parameters": 1, "valid_weights": 1, "macs": 1, "bytes": 1}
    for name in OPTIMIZERS:
        assert "more during training" in network_text(
            Draft("demo").set("train.optimizer", name).resolve(None), figures
        )


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_network_s_figures_follow_the_choice(place: Path, size: tuple[int, int]) -> None:
    async with app(place / "runs").run_test(size=size) as pilot:
        await press(pilot, "n enter o" if size[0] < 110 else "n enter")
        await sees(pilot, "11,182,668 parameters")
        await sees(pilot, "11,177,856 valid weights")
        form = pilot.app.screen
        form._load(Draft("demo").set("model.arch", "resnet34"))
        await sees(pilot, "network: resnet34")
        await sees(pilot, "21,290,828 parameters")
        form._load(Draft("demo"))
        await pilot.pause(0.1)
        await sees(pilot, "11,182,668 parameters")


async def test_a_network_that_cannot_be_counted_is_said_in_a_line(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Counting, "KNOWN", {})
    monkeypatch.setattr("vitac_tui.tui.services.preview_client.command", lambda run: ["false"])
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await press(pilot, "n enter")
        await sees(pilot, "the process ended (1)")


async def test_the_form_survives_any_size(place: Path) -> None:
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await press(pilot, "n enter")
        for _ in range(2):
            for size in ((20, 5), (1, 1), (200, 60), (80, 24), (20, 5)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
            await press(pilot, "o o enter escape w escape")
        await pilot.resize_terminal(120, 40)
        await sees(pilot, "dataset.root")


async def test_a_setting_is_edited_checked_as_typed_and_taken_back(place: Path) -> None:
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await press(pilot, "n enter")
        await sees(pilot, "new run: demo")
        table = pilot.app.screen.query_one("#settings", DataTable)
        keys = [row.key for row in rows(demo())]
        table.move_cursor(row=keys.index("train.epochs"))
        await pilot.pause()
        await press(pilot, "enter")
        line = pilot.app.screen.query_one("#typed", Input)
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
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def start(
        run: RunDir, preset: str, folder: Path, *, sets: tuple[str, ...], cancelled: Event
    ) -> None:
        asked.append((preset, run.path.parent, folder, sets))
        raise UserError("the disk is full")  # of a start that goes on, test_app tells

    monkeypatch.setattr(run_actions, "start", start)
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await press(pilot, "n enter")
        pilot.app.screen._load(Draft("demo").set("train.epochs", "5"))
        await press(pilot, "g")
        await until(pilot, lambda: bool(asked), "asked for a run")
        assert asked == [("demo", place / "runs", place / "runs", ("train.epochs=5",))]
        await press(pilot, "w")
        pilot.app.screen.query_one("#typed", Input).value = "mine/five.toml"
        await press(pilot, "enter")
        assert presets.load("mine/five.toml") == Draft("demo", ("train.epochs=5",)).resolve(None)
        await press(pilot, "w")
        pilot.app.screen.query_one("#typed", Input).value = "mine/five.toml"
        await press(pilot, "enter")
        await sees(pilot, "already exists")
        await press(pilot, "escape p escape")  # from the preset's line back to what was changed
        await sees(pilot, "1 change")
        await press(pilot, "escape")
        await sees(pilot, "No runs yet")


@pytest.mark.parametrize("key", ["tab", "right"])
async def test_a_preset_is_completed(place: Path, key: str) -> None:
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await press(pilot, "n")
        await sees(pilot, "preset demo")
        await pilot.press(*"study-t")
        field = pilot.app.screen.query_one("#preset", Input)
        await until(pilot, lambda: field._suggestion != "", "the suggestion")
        await press(pilot, key)
        assert field.value == "study-tactile-unstructured"
        await press(pilot, "enter")
        await sees(pilot, "new run: study-tactile-unstructured")


async def test_a_wrong_preset_is_reported_below_its_line_until_it_is_changed(place: Path) -> None:
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await press(pilot, "n")
        await sees(pilot, "preset demo")
        await pilot.press(*"zzz", "enter")
        await sees(pilot, "no preset 'zzz'")
        below = screen_text(pilot.app).splitlines()[2]
        assert "no preset 'zzz'" in below
        await pilot.press("z")
        await until(pilot, lambda: "no preset" not in screen_text(pilot.app), "no message")


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
    assert draft.undo().resolve(None).dataset == demo().dataset.model_copy(update={"classes": 3})


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


async def test_a_chosen_dataset_outlives_the_choice_of_another_preset(
    place: Path, stripes: Path
) -> None:
    table = {"layout": "folder", "root": str(stripes)}
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await press(pilot, "n enter")
        form = pilot.app.screen
        form._take(table)
        await sees(pilot, "new run: demo, 1 change")
        await press(pilot, "p")
        form.query_one("#preset", Input).value = "study-visual"
        await press(pilot, "enter")
        await sees(pilot, "new run: study-visual, 1 change")
        study = presets.load("study-visual").dataset
        assert form._experiment.dataset.root == str(stripes)
        assert form._experiment.dataset.image_size == study.image_size  # not the demo's
        await press(pilot, "u")
        await until(pilot, lambda: not form._draft.sets, "nothing changed")
        assert form._experiment.dataset == study
        await press(pilot, "p enter")  # what was taken back does not return
        assert form._experiment.dataset == study


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
