import importlib
import json
import pkgutil
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from screentext import app, notifications, notifies, press, screen_text, sees, until
from scripted import CLASSES, scripted, with_model
from textual.app import App
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input

from vitac_tui import tui
from vitac_tui.runs import events
from vitac_tui.runs.listing import Listing
from vitac_tui.runs.log import EventLog
from vitac_tui.tui.keys import TABLE
from vitac_tui.tui.screens.live import LiveScreen
from vitac_tui.tui.screens.prune import PruneScreen
from vitac_tui.tui.screens.results import ResultsScreen
from vitac_tui.tui.screens.runs import RunsScreen
from vitac_tui.tui.screens.setup import SetUpScreen
from vitac_tui.tui.widgets.steps import Steps

SIZES = [(80, 24), (120, 40), (200, 50)]


def test_the_app_imports_no_torch() -> None:
    code = (
        "import sys, vitac_tui.tui.app, vitac_tui.commands.app\n"
        "print([m for m in ('torch', 'torchvision', 'tensorboard') if m in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_every_key_of_the_table_has_its_action_and_none_belongs_to_a_multiplexer() -> None:
    from vitac_tui.tui.app import VitacApp
    from vitac_tui.tui.plot.widget import Plot
    from vitac_tui.tui.screens.dataset import DatasetScreen
    from vitac_tui.tui.widgets.completing_input import CompletingInput
    from vitac_tui.tui.widgets.folders import FolderTree
    from vitac_tui.tui.widgets.settings_form import SettingsForm

    owners = {
        "app": VitacApp,
        "runs": RunsScreen,
        "live": LiveScreen,
        "results": ResultsScreen,
        "setup": SetUpScreen,
        "dataset": DatasetScreen,
        "form": SettingsForm,
        "folders": FolderTree,
        "completion": CompletingInput,
        "prune": PruneScreen,
        "steps": Steps,
        "plot": Plot,
    }
    assert owners.keys() == TABLE.keys()
    for scope, keys in TABLE.items():
        taken = [key for entry in keys for key in entry.key.split(",")]
        assert len(taken) == len(set(taken)), scope
        assert not {"ctrl+a", "ctrl+b"} & set(taken)
        for entry in keys:
            assert hasattr(owners[scope], f"action_{entry.action.partition('(')[0]}"), entry
            assert entry.help.endswith(".")


def test_no_message_has_the_handler_of_one_of_textual_s() -> None:
    for module in pkgutil.walk_packages(tui.__path__, "vitac_tui.tui."):
        importlib.import_module(module.name)
    ours = [made for made in subclasses(Message) if made.__module__.startswith("vitac_tui")]
    assert len(ours) > 10
    for made in ours:
        for owner in (App, Screen, Widget):
            for name in (made.handler_name, f"_{made.handler_name}"):
                assert not hasattr(owner, name), made


def subclasses(of: type[Message]) -> Iterator[type[Message]]:
    for made in of.__subclasses__():
        yield made
        yield from subclasses(made)


@pytest.mark.parametrize("key", ["enter", "r", "w", "n", "i", "h"])
@pytest.mark.usefixtures("beside")
async def test_home_still_answers_after_a_screen_was_left(place: Path, key: str) -> None:
    with_model(scripted(place / "runs"))
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await sees(pilot, "1 of 1 runs")
        home = pilot.app.screen
        await press(pilot, key)
        await until(pilot, lambda: pilot.app.screen is not home, "another screen")
        await press(pilot, "escape")
        await until(pilot, lambda: pilot.app.screen is home, "home")
        await press(pilot, "slash n o p e enter")
        await sees(pilot, "0 of 1 runs")


async def test_what_is_cut_can_be_read_in_full(place: Path) -> None:
    run = scripted(place / "runs", "a-run-with-a-longer-name-than-there-is-room")
    async with app(place / "runs", run).run_test(size=(50, 24)) as pilot:
        await sees(pilot, "finished after 1 min 24 s")
        assert "vm on cpu" not in screen_text(pilot.app)
        await press(pilot, "h")
        await sees(pilot, "vm on cpu")
        await press(pilot, "escape")
        await sees(pilot, "p pause")


async def test_without_runs_the_demo_is_offered(place: Path) -> None:
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await sees(pilot, "No runs yet.")
        await press(pilot, "p s r u x space c y o")  # nothing to act on, nothing happens
        assert "No runs yet." in screen_text(pilot.app)


@pytest.mark.parametrize("size", SIZES)
async def test_a_finished_run_is_opened_and_looked_at(place: Path, size: tuple[int, int]) -> None:
    scripted(place / "runs")
    async with app(place / "runs").run_test(size=size) as pilot:
        await sees(pilot, "20260101-120000-cloth")
        await press(pilot, "enter")
        await sees(pilot, "finished after 1 min 24 s")
        for key, title in (("2", "top-1 %"), ("3", "learning rate"), ("1", "loss")):
            await press(pilot, key)
            await sees(pilot, title)
        await press(pilot, "4")
        await sees(pilot, "dense")
        await sees(pilot, "chosen")
        await press(pilot, "r")
        await sees(pilot, "masks-0.2 *")
        await press(pilot, "3")
        await sees(pilot, CLASSES[3])  # brackets are not markup
        await press(pilot, "4")
        await sees(pilot, "true \\ said")
        await press(pilot, "2 a a a")
        await sees(pilot, "size on disk")
        await press(pilot, "escape escape escape")
        await sees(pilot, "1 of 1 runs")


async def test_a_sweep_without_training_shows_its_curve_and_no_empty_plot(place: Path) -> None:
    run = scripted(place / "runs", epochs=0)
    lines = [json.loads(line) for line in run.events.read_text().splitlines()]
    for line in lines:
        if line["kind"] == "plan":
            line["units"] = [unit for unit in line["units"] if "point" in unit[0]]
    run.events.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    async with app(place / "runs", run).run_test(size=(120, 40)) as pilot:
        await sees(pilot, "top-1 % on validation")
        assert "nothing was trained" not in screen_text(pilot.app)
        await press(pilot, "1")  # asked for, it is shown
        await sees(pilot, "nothing was trained")


async def test_a_live_run_shows_bars_figures_and_time_left(place: Path) -> None:
    run = scripted(place / "runs", state="running", epochs=2, sweep=False)
    async with app(place / "runs", run).run_test(size=(80, 24)) as pilot:
        await sees(pilot, "running 45 %, 1 min 15 s left")
        await sees(pilot, "3/5")
        await sees(pilot, "loss 0.51, top-1 83.3 %, 107 images/s")
        with EventLog(run.events) as log:
            log.append(events.Note("warning", "a wild event"))
        await sees(pilot, "a wild event")


async def test_a_plot_that_fills_the_screen_gives_way_where_there_is_room_for_one_only(
    place: Path,
) -> None:
    run = scripted(place / "runs")
    async with app(place / "runs", run).run_test(size=(120, 40)) as pilot:
        await sees(pilot, "finished after")
        pilot.app.screen.query_one("#second").focus()
        await press(pilot, "f")
        await until(pilot, lambda: "finished after" not in screen_text(pilot.app), "the plot alone")
        await pilot.resize_terminal(80, 24)
        await sees(pilot, "finished after")


async def test_keys_before_the_first_metric_do_no_harm(place: Path) -> None:
    run = scripted(place / "runs", state="running", epochs=0, sweep=False)
    async with app(place / "runs", run).run_test(size=(80, 24)) as pilot:
        await sees(pilot, "warming up")
        await press(
            pilot, "1 2 3 4 l m plus minus left right 0 r 1 2 3 4 a y Y left_square_bracket"
        )
        assert isinstance(pilot.app.screen, ResultsScreen)


async def test_a_run_deleted_under_the_open_screen_is_said(place: Path) -> None:
    run = scripted(place / "runs")
    async with app(place / "runs", run).run_test(size=(80, 24)) as pilot:
        await sees(pilot, "finished after")
        shutil.rmtree(run.path)
        await sees(pilot, "the run is gone")
        await press(pilot, "p s r escape escape")
        await sees(pilot, "No runs yet.")


async def test_pause_leaves_a_request_for_the_run(place: Path) -> None:
    run = scripted(place / "runs", state="running", epochs=2, sweep=False)
    async with app(place / "runs", run).run_test(size=(80, 24)) as pilot:
        await sees(pilot, "running")
        await press(pilot, "p")
        await until(pilot, lambda: any(run.control.iterdir()), "a request")
        (request,) = run.control.iterdir()
        assert json.loads(request.read_text())["request"] == "pause"


async def test_asking_a_finished_run_is_answered_by_a_message(place: Path) -> None:
    run = scripted(place / "runs")
    async with app(place / "runs", run).run_test(size=(80, 24)) as pilot:
        await sees(pilot, "finished after")
        await press(pilot, "s")
        await until(pilot, lambda: bool(notifications(pilot.app)), "a message")
        assert not any(run.control.iterdir())


async def test_the_list_is_filtered_sorted_and_marked(place: Path) -> None:
    scripted(place / "runs", "alpha")
    scripted(place / "runs", "beta", state="running", epochs=2, sweep=False)
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await sees(pilot, "2 of 2 runs")
        await press(pilot, "slash")
        await pilot.press(*"state=run")
        await sees(pilot, "1 of 2 runs")
        await press(pilot, "escape")
        await sees(pilot, "2 of 2 runs")
        await press(pilot, "c")
        await until(pilot, lambda: bool(notifications(pilot.app)), "a hint")
        await press(pilot, "space up space c")  # the cursor stayed on the run of the filter
        await until(pilot, lambda: isinstance(pilot.app.screen, ResultsScreen), "the comparison")
        await sees(pilot, "alpha masks-0.2 *")


async def test_the_cursor_stays_on_its_run_when_another_appears(place: Path) -> None:
    """Its keys would act on the other one."""
    scripted(place / "runs", "alpha")
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await sees(pilot, "1 of 1 runs")
        for name in ("beta", "gamma"):
            scripted(place / "runs", name, state="running", epochs=2, sweep=False)
        await sees(pilot, "3 of 3 runs")
        assert pilot.app.screen._under_cursor().run.name == "alpha"
        await press(pilot, "o o")
        assert pilot.app.screen._under_cursor().run.name == "alpha"


async def test_a_run_that_has_begun_takes_no_screen_from_a_user_who_went_on(place: Path) -> None:
    run = scripted(place / "runs", state="running", epochs=2, sweep=False)
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await sees(pilot, "1 of 1 runs")
        asked = pilot.app.screen
        await press(pilot, "slash")
        await pilot.press(*"state=")
        pilot.app._starter.begun(run, asked)
        await pilot.press(*"stopped")  # an s on the live screen would stop the run
        await sees(pilot, "0 of 1 runs")
        assert pilot.app.screen is asked
        await press(pilot, "escape question_mark")
        pilot.app._starter.begun(run, asked)
        await until(pilot, lambda: isinstance(pilot.app.screen, LiveScreen), "the run")
        pilot.app._starter.begun(run, asked)
        await pilot.pause()
        assert len(pilot.app.screen_stack) == 3
    assert not any(run.control.iterdir())


@pytest.mark.parametrize("typed", ["~nobody-of-this-name/p.toml", f"{'x' * 300}.toml"])
async def test_a_path_that_cannot_be_is_said_and_takes_nothing_down(
    place: Path, typed: str
) -> None:
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await press(pilot, "i")
        await until(pilot, lambda: pilot.app.screen.query("#path"), "the dataset screen")  # type: ignore[return-value]
        field = pilot.app.screen.query_one("#path", Input)
        field.focus()
        field.value = typed.removesuffix(".toml")
        await press(pilot, "enter")
        await sees(pilot, "there is no folder")
        await press(pilot, "escape escape n")
        await sees(pilot, "train.epochs")
        await press(pilot, "enter w")
        await until(pilot, lambda: pilot.app.screen.query_one("#typed").display, "the line")
        pilot.app.screen.query_one("#typed", Input).value = typed
        await press(pilot, "enter")
        await pilot.pause()
        assert pilot.app.is_running


async def test_an_odd_run_hides_no_other(place: Path) -> None:
    good, odd = scripted(place / "runs", "good"), scripted(place / "runs", "odd")
    text = odd.results.read_text()
    odd.results.write_text(re.sub(r'"valid_weights": *[0-9]+', '"valid_weights": Infinity', text))
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await sees(pilot, "2 of 2 runs")
        await sees(pilot, good.name)


async def test_a_filter_that_cannot_be_read_says_what_would_do(place: Path) -> None:
    scripted(place / "runs")
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await sees(pilot, "1 of 1 runs")
        await press(pilot, "slash")
        await pilot.press(*"colour=red")
        await sees(pilot, "colour is not known: use one of top1")


async def test_a_run_is_deleted_only_after_a_yes(place: Path) -> None:
    run = scripted(place / "runs")
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await sees(pilot, "1 of 1 runs")
        await press(pilot, "x")
        await sees(pilot, "Delete ")
        await press(pilot, "escape")
        assert run.path.exists()
        await press(pilot, "x")
        await sees(pilot, "Delete ")
        await press(pilot, "x")
        await sees(pilot, "No runs yet.")
        assert not run.path.exists()


async def test_a_live_run_cannot_be_deleted(place: Path) -> None:
    run = scripted(place / "runs", state="running", epochs=2, sweep=False)
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await sees(pilot, "1 of 1 runs")
        await press(pilot, "x")
        await notifies(pilot, "is running; stop it first")  # without a question before
        assert "Delete " not in screen_text(pilot.app)
        assert run.path.exists()


@pytest.mark.parametrize("view", ["runs", "live", "results"])
async def test_every_screen_survives_any_size(place: Path, view: str) -> None:
    run = scripted(place / "runs")
    async with app(place / "runs", run if view != "runs" else None).run_test() as pilot:
        await sees(pilot, "finished")
        if view == "results":
            await press(pilot, "r")
            await sees(pilot, "dense")
        for key in "1234":
            await press(pilot, key)
            for size in ((20, 5), (1, 1), (300, 90), (80, 24)):
                await pilot.resize_terminal(*size)
                await pilot.pause()
        await sees(pilot, "?")


async def test_the_table_is_saved_where_the_app_was_started(place: Path) -> None:
    run = scripted(place / "runs")
    async with app(place / "runs", run).run_test(size=(120, 40)) as pilot:
        await press(pilot, "r")
        await sees(pilot, "masks-0.2 *")
        await press(pilot, "e v")
        await until(pilot, lambda: len(list(place.glob("*.svg"))) == 1, "an SVG")
    (table,) = place.glob("*.csv")
    assert table.read_text().startswith("run,id,")
    (picture,) = place.glob("*.svg")
    assert "masks-0.2" in picture.read_text()


async def test_leaving_needs_no_question_when_nothing_was_started_here(place: Path) -> None:
    scripted(place / "runs", state="running", epochs=2, sweep=False)
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await sees(pilot, "1 of 1 runs")
        await press(pilot, "q")
        await until(pilot, lambda: not pilot.app.is_running, "gone")
    assert pilot.app.return_code == 0


async def test_leaving_asks_when_a_run_that_was_started_here_is_live(place: Path) -> None:
    run = scripted(place / "runs", state="running", epochs=2, sweep=False)
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await sees(pilot, "1 of 1 runs")
        pilot.app._starter.begun(run, pilot.app.screen)
        await press(pilot, "q")
        await sees(pilot, "is live.")
        await press(pilot, "q")  # no second question on top of the first
        await press(pilot, "escape")
        await sees(pilot, "3/5")
        await press(pilot, "q")
        await sees(pilot, "detach: the run continues")
        await press(pilot, "enter")
        await until(pilot, lambda: not pilot.app.is_running, "gone")
    assert not any(run.control.iterdir())


async def test_leaving_asks_when_a_live_run_is_open(place: Path) -> None:
    run = scripted(place / "runs", state="running", epochs=2, sweep=False)
    async with app(place / "runs", run).run_test(size=(80, 24)) as pilot:
        await sees(pilot, "running 45 %")
        await press(pilot, "q")
        await sees(pilot, "is live.")


async def test_detach_is_a_key_of_live_runs_alone(place: Path) -> None:
    run = scripted(place / "runs")
    async with app(place / "runs", run).run_test(size=(120, 40)) as pilot:
        await sees(pilot, "finished after")
        assert "d detach" not in screen_text(pilot.app)
        await press(pilot, "d")
        assert pilot.app.is_running
    live = scripted(place / "runs", "live", state="running", epochs=2, sweep=False)
    async with app(place / "runs", live).run_test(size=(120, 40)) as pilot:
        await sees(pilot, "d detach")
        await press(pilot, "d")
        await until(pilot, lambda: not pilot.app.is_running, "gone")


async def test_leaving_can_stop_the_run_cleanly(place: Path) -> None:
    run = scripted(place / "runs", state="running", epochs=2, sweep=False)
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await sees(pilot, "1 of 1 runs")
        pilot.app._starter.begun(run, pilot.app.screen)
        await press(pilot, "ctrl+c")
        await sees(pilot, "is live.")
        await press(pilot, "s")
        await until(pilot, lambda: not pilot.app.is_running, "gone")
    (request,) = run.control.iterdir()
    assert json.loads(request.read_text())["request"] == "stop"


async def test_the_palette_offers_the_keys_of_the_screen(place: Path) -> None:
    scripted(place / "runs")
    async with app(place / "runs").run_test(size=(120, 40)) as pilot:
        await sees(pilot, "1 of 1 runs")
        offered = {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
        assert {key.label for key in TABLE["runs"]} <= offered
        await press(pilot, "ctrl+p")
        await pilot.press(*"quit")
        await sees(pilot, "Leave; asks when a live run is open.")


async def test_the_list_rests_while_another_screen_covers_it(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = scripted(place / "runs")
    looks: list[Listing] = []
    rows = Listing.rows
    monkeypatch.setattr(Listing, "rows", lambda self: looks.append(self) or rows(self))  # type: ignore[func-returns-value]
    monkeypatch.setattr("vitac_tui.tui.screens.runs.REFRESH_S", 0.05)
    async with app(place / "runs").run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: len(looks) > 3, "a list that is read")
        pilot.app._open(run)
        await sees(pilot, "finished after")
        await pilot.pause(0.3)  # what was under way when the screen came
        before = len(looks)
        await pilot.pause(0.5)
        assert len(looks) == before
