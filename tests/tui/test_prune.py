"""The Prune screen on a scripted run, with a scripted process beside it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from screentext import app, notifies, press, screen_text, sees, until
from scripted import scripted, with_model
from textual.pilot import Pilot
from textual.widgets import Input

from vitac_tui.experiment import presets
from vitac_tui.experiment.prune import Sweep
from vitac_tui.runs import directory
from vitac_tui.runs.directory import RunDir
from vitac_tui.tui.screens.prune import PruneScreen
from vitac_tui.tui.services import preview_client, run_actions

SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def run(place: Path, beside: None) -> RunDir:
    """A finished run with a model, and the scripted process in place of the real one."""
    return with_model(scripted(place / "runs", "source"))


async def opened(pilot: Pilot[Any]) -> PruneScreen:
    await sees(pilot, "1 of 1 runs")
    await press(pilot, "w")
    await sees(pilot, "No steps yet.")
    screen = pilot.app.screen
    assert isinstance(screen, PruneScreen)
    return screen


async def typed(pilot: Pilot[Any], text: str) -> None:
    """Replace what stands in the line by a text, and enter it."""
    pilot.app.screen.query_one(Input).value = text
    await press(pilot, "enter")


@pytest.mark.parametrize("size", SIZES)
async def test_figures_of_masks_follow_the_keys_at_once(
    run: RunDir, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        preview_client, "command", lambda run: [sys.executable, "-c", "input()"]
    )  # silent
    async with app(run.path.parent).run_test(size=size) as pilot:
        await opened(pilot)
        await sees(pilot, "dense 11,177,856 weights  0.149 GMACs  95.0 [85.0, 100.0] %")
        await press(pilot, "a 1")
        await sees(pilot, "kept 5,591,328")
        await press(pilot, "right right left shift+right")
        await sees(pilot, f"kept {11_177_856 - round(0.61 * 11_173_056):,}")
        await press(pilot, "a 3 K")  # rows of the classifier first
        await sees(pilot, f"kept {11_177_856 - round(0.61 * 11_173_056):,}")
        await press(pilot, "J")
        await sees(pilot, "kept at most 4,362,292")
        await press(pilot, "x 4")
        await typed(pilot, "0.4")
        await sees(pilot, "kept 6,708,634")
        await press(pilot, "a 4")
        await sees(pilot, "kept …")  # channels: only the process knows


async def test_five_steps_the_curve_and_a_line_of_figures_fit_80_by_24(run: RunDir) -> None:
    async with app(run.path.parent).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await press(pilot, "a 1 a 2 a 3 a 4 a 1")
        await sees(pilot, "kept 7,000,005")
        text = screen_text(pilot.app)
        for number in range(1, 6):
            assert f" {number} " in text
        assert "suggested masks-0.2: largest amount that loses at most 5 points" in text
        assert "dense" in text
        lines = text.splitlines()
        assert "^p palette" in lines[-1]
        assert "kept 7,000,005 (62.6 %)  8,000,000 params  0.099 GMACs  not scored" in lines[-3]


async def test_a_score_gets_its_interval_and_a_point_that_can_be_taken(run: RunDir) -> None:
    async with app(run.path.parent).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await press(pilot, "a 1 s")
        await sees(pilot, "87.5 [80.0, 90.0] %")
        await sees(
            pilot, "-7.5 [-15.0, +1.0] points against dense; 36 validation images, loss 0.5; "
        )
        await sees(pilot, "statistics re-estimated; loses class twill")
        await sees(pilot, "(100.0 to 50.0 %)")
        (point,) = pilot.app.screen._points.here
        assert (point.amount, point.against["low"]) == (0.5, -0.15)
        await sees(pilot, "scored here")
        await press(pilot, "right")
        await sees(pilot, "not scored")
        await press(pilot, "t")  # the suggested amount, first
        await sees(pilot, f"kept {7_000_001:,}")
        assert pilot.app.screen._draft.amount == 0.2
        await press(pilot, "right_square_bracket")
        await sees(pilot, "masks-0.5: 80.0")
        await press(pilot, "t")
        assert pilot.app.screen._draft.amount == 0.5


async def test_steps_are_typed_and_errors_are_said_in_place(run: RunDir) -> None:
    async with app(run.path.parent).run_test(size=(80, 24)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "a 3 5")
        await typed(pilot, "1.5")
        await sees(pilot, "step 1: amount: must be below 1, not 1.5")
        await typed(pilot, "0.25")
        await press(pilot, "l")
        await typed(pilot, "layer9*")
        await sees(pilot, "layers: 'layer9*' matches no layer")
        await typed(pilot, "layer4.*, fc")
        await sees(pilot, "layers: 6 of 21 layers")
        await press(pilot, "e")
        await typed(pilot, 'amount = 0.3, layers = ["fc"], dimm = 1')
        await sees(pilot, "step 1: dimm: unknown key (did you mean 'dim'?)")
        await typed(pilot, 'amount = 0.3, layers = ["fc"], dim = 1')
        await sees(pilot, "fc  dim = 1")
        await press(pilot, "e escape m")
        assert screen._draft.steps == (
            {"method": "ln_structured", "amount": 0.3, "layers": ["fc"], "dim": 1},
        )
        assert screen._draft.keep_masks
        await press(pilot, "e")
        await typed(pilot, "amount = 0")
        await sees(pilot, "layers: is required")


async def test_a_step_that_removes_nothing_says_so(run: RunDir) -> None:
    async with app(run.path.parent).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await press(pilot, "a 1 0")
        await typed(pilot, "0")
        await sees(pilot, "all layers  (removed nothing)")


async def test_the_process_may_die_and_is_started_anew(run: RunDir) -> None:
    async with app(run.path.parent).run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "a 4")
        await sees(pilot, "kept 7,000,001")
        await press(pilot, "e")
        await typed(pilot, "amount = 0.5, norm = 1")
        await sees(pilot, "the process that prunes ended (9); the next change starts it anew")
        await press(pilot, "e")
        await typed(pilot, "amount = 0.6")
        await sees(pilot, "kept 7,000,001")
        process = screen._trying._whatif._process
        assert process is not None
        await press(pilot, "escape")
        await until(pilot, lambda: process.poll() is not None, "the process ends with the screen")


HEADLESS = """\
name = "demo-prune"
from_run = "{run}"
[train]
batch_size = 32
[evaluate]
latency_s = 0.2
[select]
max_drop = 0.05
[[prune]]
method = "global_unstructured"
amount = 0.4
[[prune]]
method = "ln_structured"
layers = ["fc"]
amount = 0.8
"""


async def test_the_preset_is_the_one_that_would_be_written_by_hand(
    run: RunDir, place: Path
) -> None:
    async with app(run.path.parent).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await press(pilot, "a 1 4")
        await typed(pilot, "0.4")
        await press(pilot, "a 3 8")
        await typed(pilot, "0.8")
        await press(pilot, "w")
        await typed(pilot, "mine")
        await until(pilot, (place / "mine.toml").exists, "the preset")
        await press(pilot, "right w")
        await typed(pilot, "mine.toml")
        await sees(pilot, "mine.toml exists.")
        await press(pilot, "n")
        await sees(pilot, "not saved")
        await press(pilot, "w")
        await typed(pilot, "nowhere/mine")
        await sees(pilot, "no such folder")
    (place / "hand.toml").write_text(HEADLESS.format(run=run.path.resolve()))

    def find(text: str) -> tuple[str, dict[str, Any]]:
        return directory.experiment_data(None, text)

    loaded = [presets.load(str(place / n), find_run=find) for n in ("mine.toml", "hand.toml")]
    assert loaded[0] == loaded[1]


async def test_what_is_typed_is_seen_though_the_plot_filled_the_screen(run: RunDir) -> None:
    async with app(run.path.parent).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await press(pilot, "a 1 tab f")
        await until(pilot, lambda: "kept" not in screen_text(pilot.app), "the plot alone")
        await press(pilot, "w")
        await sees(pilot, "save as (a path, from the working folder)")
        await press(pilot, "m i n e")
        await sees(pilot, "mine")


async def test_variants_are_kept_and_saved_together(run: RunDir, place: Path) -> None:
    async with app(run.path.parent).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await press(pilot, "a 1 k enter")
        await sees(pilot, "kept: a")
        await press(pilot, "right m k")
        await typed(pilot, "no name")
        await sees(pilot, "does not have the right form")
        await typed(pilot, "held")
        await press(pilot, "right w enter")
        await until(pilot, (place / "demo-prune.toml").exists, "the preset")
    find = lambda text: directory.experiment_data(None, text)  # noqa: E731
    made = presets.load(str(place / "demo-prune.toml"), find_run=find)
    assert [(v.name, v.keep_masks, v.prune[0].amount) for v in made.variants] == [
        ("a", False, 0.5),
        ("held", True, 0.51),
        ("main", True, 0.52),
    ]


async def test_what_is_typed_replaces_a_proposed_name(run: RunDir) -> None:
    async with app(run.path.parent).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await press(pilot, "a 1 k t h i n enter")
        await sees(pilot, "kept: thin")


async def test_channels_have_no_amount_to_sweep(run: RunDir) -> None:
    async with app(run.path.parent).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await press(pilot, "a 4 e")
        await typed(pilot, 'layer = "conv1", channels = [1]')
        await press(pilot, "g")
        await sees(pilot, "it has no amount to sweep")


async def test_a_sweep_runs_detached_and_its_curve_grows_here(
    run: RunDir, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def start(swept: RunDir, preset: str, root: Path, **_: object) -> None:
        begun.append(Path(preset).read_text())
        scripted(root, swept.name, state="running")

    monkeypatch.setattr(run_actions, "start", start)
    async with app(run.path.parent).run_test(size=(120, 40)) as pilot:
        screen = await opened(pilot)
        await press(pilot, "a 3 a 1 g")
        await typed(pilot, "0.2:2:0.3")
        await sees(pilot, "step 2: amount.sweep.3: must be below 1")
        await typed(pilot, "0.2:0.8:0.3 refined")
        await sees(pilot, "'refined' is not an option of a sweep")
        await typed(pilot, "0.2:0.8:0.3 refine 0.01 exact")
        await sees(pilot, "prune  sweep running 45 %")
        assert pilot.app.screen is screen
        assert "sweep = [\n    0.2,\n    0.5,\n    0.8,\n]" in begun[0]
        assert "refine = 0.01\nexact = true\n" in begun[0]
        assert begun[0].count("[[prune]]") == 2
        await sees(pilot, "suggested")
        await press(pilot, "o")
        await sees(pilot, "running 45 %, 1 min 15 s left")


async def test_a_sweep_written_in_a_step_is_saved_as_it_is_and_offered_again(
    run: RunDir, place: Path
) -> None:
    async with app(run.path.parent).run_test(size=(120, 40)) as pilot:
        await opened(pilot)
        await press(pilot, "a 1 e")
        await typed(pilot, "amount = {sweep = [0.2, 0.5], refine = 0.01}")
        await sees(pilot, "global_unstructured   sweep")
        await press(pilot, "g")
        await until(
            pilot,
            lambda: pilot.app.screen.query_one(Input).value == "0.2, 0.5 refine 0.01",
            "the sweep to type",
        )
        await press(pilot, "escape w enter")
        await until(pilot, (place / "demo-prune.toml").exists, "the preset")
    find = lambda text: directory.experiment_data(None, text)  # noqa: E731
    (variant,) = presets.load(str(place / "demo-prune.toml"), find_run=find).variants
    assert variant.prune[0].amount == Sweep(sweep=[0.2, 0.5], refine=0.01)


@pytest.mark.parametrize("view", ["runs", "live"])
async def test_a_run_without_a_model_says_why_there_is_nothing_to_prune(
    place: Path, view: str
) -> None:
    run = scripted(place / "runs", "untrained", state="running", epochs=1, sweep=False)
    async with app(place / "runs", run if view == "live" else None).run_test() as pilot:
        await sees(pilot, "untrained")
        await press(pilot, "w")
        await notifies(pilot, "no trained model")


async def test_keys_on_an_empty_list_do_no_harm(run: RunDir) -> None:
    async with app(run.path.parent).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await press(pilot, "x K J left right greater_than_sign enter 5 l e m k g G t w o")
        await press(pilot, "up down left_square_bracket right_square_bracket")
        assert "No steps yet." in screen_text(pilot.app)
        assert "edit" not in screen_text(pilot.app)
        await press(pilot, "a 1")
        await sees(pilot, "e edit")


async def test_the_screen_survives_any_size(run: RunDir) -> None:
    async with app(run.path.parent).run_test() as pilot:
        await opened(pilot)
        await press(pilot, "a 1 a 4 s e")
        for size in ((20, 5), (1, 1), (300, 90), (80, 24)):
            await pilot.resize_terminal(*size)
            await pilot.pause()
        await press(pilot, "escape")
        await sees(pilot, "kept 7,000,002")
