import csv
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from scripted import EPOCHS, STEPS, scripted

from vitac_tui.runs import events
from vitac_tui.runs.listing import Listing
from vitac_tui.runs.log import EventLog
from vitac_tui.tui.plot.training_plots import plot_spec
from vitac_tui.tui.reading.filtering import matcher
from vitac_tui.tui.reading.follower import Follower, View
from vitac_tui.tui.reading.history import HistoryBuilder, Place
from vitac_tui.tui.reading.models import AXES, as_csv, front, models
from vitac_tui.tui.reading.skim import skim, whole_lines


def refreshed(run_follower: Follower):
    run_follower.refresh()
    return run_follower.view


def test_a_view_holds_what_the_run_directory_contains(place: Path) -> None:
    view = refreshed(Follower(scripted(place / "runs")))
    (training,) = view.history.trainings
    assert view.state == "finished"
    assert (training.epoch, training.epochs) == (EPOCHS, EPOCHS)
    assert len(training.curves["loss"]) == EPOCHS * STEPS
    assert [x for x, _ in training.curves["val_top1"]] == [STEPS * n for n in range(1, 6)]
    assert view.history.results.model("dense")["test"]["top1"] == 0.93
    assert view.history.lines[-1].endswith("finished after 62.0 s")


def test_a_follower_sees_events_appended_later(place: Path) -> None:
    run = scripted(place / "runs", state="running", epochs=2, sweep=False)
    follower = Follower(run)
    before = refreshed(follower).version
    with EventLog(run.events) as log:
        log.append(events.Note("warning", "half of the images are grey"))
    after = refreshed(follower)
    assert after.version > before
    assert after.history.lines[-1].endswith("half of the images are grey")
    assert refreshed(follower).version == after.version  # nothing new, nothing to draw


def test_an_incomplete_last_line_is_read_once_it_is_complete(place: Path) -> None:
    run = scripted(place / "runs", state="running", epochs=1, sweep=False)
    with run.events.open("ab") as file:
        file.write(b'{"t":1,"seq":999,"kind":"note","unit":"","level":"info",')
    follower = Follower(run)
    assert "complete again" not in str(refreshed(follower).history.lines)
    with run.events.open("ab") as file:
        file.write(b'"text":"complete again"}\n')
    assert refreshed(follower).history.lines[-1].endswith("complete again")


def test_a_run_deleted_while_followed_is_reported(place: Path) -> None:
    run = scripted(place / "runs")
    follower = Follower(run)
    refreshed(follower)
    shutil.rmtree(run.path)
    assert "gone" in refreshed(follower).trouble


def test_a_run_of_a_newer_version_is_refused_with_a_message(place: Path) -> None:
    run = scripted(place / "runs")
    first, rest = run.events.read_text().split("\n", 1)
    run.events.write_text(first.replace('"schema":1', '"schema":7') + "\n" + rest)
    trouble = refreshed(Follower(run)).trouble
    assert "7" in trouble
    assert "version" in trouble


def test_a_resume_drops_the_points_of_repeated_steps(place: Path) -> None:
    history = HistoryBuilder("run")
    for seq in range(1, 11):
        record = events.Record(0.0, seq, "rate/0/epoch/1", events.TrainStep(1, seq, 1.0, 1e-3))
        history.add(record)
    history.add(events.Record(0.0, 11, "", events.RunResumed(4, "killed")))
    (training,) = history.snapshot().trainings
    assert [x for x, _ in training.curves["loss"]] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "unit, places",
    [
        ("rate/1/epoch/2", (Place("rate", 2, 2), Place("epoch", 2, 3))),
        ("variant/b/point/1/epoch/1", (Place("point", 2, 2), Place("epoch", 1, 1))),
        ("seed/1/rate/0/epoch/1", ()),  # not of this plan
        ("test/b", ()),
    ],
)
def test_a_unit_knows_its_place_in_the_plan(unit: str, places: tuple[Place, ...]) -> None:
    names = [f"rate/{rate}/epoch/{epoch}" for rate in (0, 1) for epoch in (1, 2, 3)]
    names += ["variant/b/point/0/raw", "variant/b/point/1/raw", "variant/b/point/1/epoch/1"]
    history = HistoryBuilder("run")
    history.add(events.Record(0.0, 1, "", events.Plan([[name, 1.0] for name in names])))
    assert history.snapshot().places(unit) == places


def lines_of(path: Path, steps: int) -> int:
    """Write a log of `steps` steps between two notes, and return its size."""
    with EventLog(path) as log:
        log.append(events.Note("info", "before"))
    with path.open("a") as file:
        for seq in range(2, steps + 2):
            step = events.TrainStep(1, seq, 1.0, 1.0)
            file.write(events.to_line(events.Record(1.0, seq, "rate/0/epoch/1", step)) + "\n")
    with EventLog(path) as log:
        log.append(events.Note("info", "after"))
    return whole_lines(path)


@pytest.mark.parametrize("dense, kept", [(10**9, 1000), (20_000, 167)])
def test_skimming_a_long_log_skips_only_frequent_events(
    place: Path, dense: int, kept: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vitac_tui.tui.reading.skim.DENSE", dense)
    size = lines_of(place / "events.jsonl", 1000)
    found = list(skim(place / "events.jsonl", size))
    steps = [record for record in found if isinstance(record.event, events.TrainStep)]
    assert len(steps) == pytest.approx(kept, abs=20)
    assert [found[0].event.text, found[-1].event.text] == ["before", "after"]
    assert [record.seq for record in found] == sorted(record.seq for record in found)


def test_a_line_across_two_chunks_is_read_completely(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = lines_of(place / "events.jsonl", 50)
    for chunk in (1, 7, 100, 151):
        monkeypatch.setattr("vitac_tui.tui.reading.skim.CHUNK", chunk)
        assert whole_lines(place / "events.jsonl") == size
        assert [r.seq for r in skim(place / "events.jsonl", size)] == list(range(1, 53))


def test_the_list_reads_state_metrics_and_settings(place: Path) -> None:
    scripted(place / "runs", "one")
    live = scripted(place / "runs", "two", state="running", epochs=2, sweep=False)
    rows = {row.run.name: row for row in Listing(place / "runs").rows()}
    assert rows["one"].state == "finished"
    assert (rows["one"].model, rows["one"].top1) == ("masks-0.2", 0.94)
    assert rows["one"].valid_weights == round(11_177_856 * 0.8)  # of the same model
    assert rows["one"].arch == "resnet18"
    assert rows["two"].live
    assert rows["two"].fraction == 0.45
    live.experiment.write_text("not = [toml")
    broken = {row.run.name: row for row in Listing(place / "runs").rows()}
    assert broken["two"].state == "unreadable"
    assert broken["one"] == rows["one"]


@pytest.mark.parametrize(
    "change, model",
    [
        ({"selected": []}, "masks-0.8"),  # the last one scored
        ({"selected": [{"what": "amount", "row": "gone"}]}, "masks-0.8"),
        ({"selected": [{"what": "amount", "row": "masks-0.5"}]}, "masks-0.5"),
    ],
)
def test_a_row_of_the_list_describes_one_model(
    place: Path, change: dict[str, object], model: str
) -> None:
    run = scripted(place / "runs", "one")
    made = json.loads(run.results.read_text()) | change
    run.results.write_text(json.dumps(made))
    (row,) = Listing(place / "runs").rows()
    (own,) = [row for row in made["models"] if row["id"] == model]
    assert (row.model, row.top1) == (model, own["eval"]["top1"])
    assert row.valid_weights == own["valid_weights"]


@pytest.mark.parametrize(
    "text, matches",
    [
        ("", True),
        ("ONE resnet18", True),
        ("two", False),
        ("top1>0.9", True),
        ("top1>=94%", True),
        ("top1>15", True),  # in per cent, as in the list
        ("top1=94.0", True),
        ("top1>96%", False),
        ("model=masks", True),
        ("model=dense", False),
        ("state=fin arch!=vgg", True),
        ("state!=finished", False),
        ("valid_weights<9000000", True),
    ],
)
def test_the_list_is_filtered_by_words_and_conditions(
    place: Path, text: str, matches: bool
) -> None:
    scripted(place / "runs", "one")
    (row,) = Listing(place / "runs").rows()
    assert matcher(text)(row) is matches


@pytest.mark.parametrize("text", ["colour=red", "top1>nine", "state<finished"])
def test_a_condition_that_is_not_valid_is_rejected_with_the_reason(text: str) -> None:
    with pytest.raises(ValueError, match=r"known|number|text"):
        matcher(text)


def test_the_pareto_front_holds_the_models_that_none_dominates(place: Path) -> None:
    run = scripted(place / "runs")
    found = models(run, refreshed(Follower(run)).history.results)
    assert [m.id for m in front(found, AXES[0])] == ["masks-0.8", "masks-0.5", "masks-0.2", "dense"]
    assert [m.id for m in front(found, AXES[1])] == ["dense"]  # masks cost the same and lose
    assert [m.id for m in found if m.chosen] == ["masks-0.2"]


def test_a_model_scored_on_some_images_is_not_in_the_front_and_has_a_caveat(place: Path) -> None:
    run = scripted(place / "runs")
    made = refreshed(Follower(run)).history.results
    for row in made.models:
        if row["id"] == "masks-0.8":
            row["eval"]["stopped"] = {"of": 72, "why": "it is sure"}
    found = models(run, made)
    assert [m.id for m in front(found, AXES[0])] == ["masks-0.5", "masks-0.2", "dense"]
    marks = [line["marks"] for line in csv.DictReader(as_csv(found).splitlines())]
    assert marks == ["", "", "", "stopped after 36 of 72 images: it is sure"]


def test_the_csv_has_unrounded_metrics(place: Path) -> None:
    run = scripted(place / "runs")
    lines = as_csv(models(run, refreshed(Follower(run)).history.results)).splitlines()
    assert lines[0].startswith("run,id,variant,rung,amount,chosen,split,top1,")
    assert lines[1].startswith(f"{run.name},dense,dense,raw,,0,val,0.95,")
    assert len(lines) == 5


def as_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_garbage(path: Path) -> None:
    path.write_bytes(b"\xff\x00{[" * 1000)


@pytest.mark.parametrize("damage", [as_pipe, as_folder, as_garbage, Path.unlink])
@pytest.mark.parametrize("name", ["status.json", "events.jsonl", "results.json", "experiment.toml"])
def test_a_damaged_run_directory_never_blocks_or_breaks_a_reader(
    place: Path, name: str, damage: Callable[[Path], None]
) -> None:
    run = scripted(place / "runs", "damaged")
    scripted(place / "runs", "intact")
    damage(run.path / name)
    follower = Follower(run)
    follower.refresh()
    follower.refresh()
    assert follower.view.version
    rows = {row.run.name: row for row in Listing(place / "runs").rows()}
    assert rows["intact"].state == "finished"


def test_a_plot_shows_nothing_was_trained_only_once_that_is_known(place: Path) -> None:
    run = scripted(place / "runs")
    assert "warming up" in plot_spec("loss", View(run)).empty  # not read yet
    lines = [line for line in run.events.open() if '"kind":"t' not in line and "epoch" not in line]
    untrained = scripted(place / "runs", "untrained")
    untrained.events.write_text("".join(lines))
    assert plot_spec("loss", refreshed(Follower(untrained))).empty == "nothing was trained"
    assert "warming up" in plot_spec("top1", refreshed(Follower(run))).empty
