"""The record of a run: its log, its grammar, its projection, its directory."""

import json
import math
import os
import resource
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitac_tui.errors import UserError
from vitac_tui.experiment import presets
from vitac_tui.runs import directory, events, jsontext, log, results, status
from vitac_tui.runs.interrupt import Interrupted, Interrupter, Interruption
from vitac_tui.runs.lock import Process, RunLock, is_alive, this_process
from vitac_tui.runs.progress import Progress

ROW = {"id": "dense", "eval": {"top1": 0.5}}


def written(path: Path, *what: events.Event, unit: str = "u") -> list[events.Record]:
    with log.EventLog(path) as event_log:
        for event in what:
            event_log.append(event, unit)
    return list(log.read(path))


def test_events_come_back_as_they_were_written(tmp_path: Path) -> None:
    said = (
        events.Note("info", "ünïcode\nand a line end"),
        events.TrainStep(1, 5, 0.25, 1e-3),
        events.ModelEvaluated(ROW),
        events.RunEnded("finished", "", 0, 1.5),
    )
    records = written(tmp_path / "events.jsonl", *said)
    assert tuple(record.event for record in records) == said
    assert [record.seq for record in records] == [1, 2, 3, 4]
    assert (tmp_path / "events.jsonl").read_bytes().count(b"\n") == 4


def test_a_second_process_goes_on_counting(tmp_path: Path) -> None:
    written(tmp_path / "e", events.UnitStarted())
    assert [record.seq for record in written(tmp_path / "e", events.UnitStarted())] == [1, 2]


def test_a_torn_last_line_stays_alone(tmp_path: Path) -> None:
    path = tmp_path / "e"
    written(path, events.UnitStarted())
    with path.open("ab") as file:
        file.write(b'{"t":1,"seq":2,"kind":"no')
    assert len(list(log.read(path))) == 1
    assert [record.seq for record in written(path, events.UnitStarted())] == [1, 2]


def test_a_reader_gives_each_event_once_and_waits_for_unfinished_lines(tmp_path: Path) -> None:
    path = tmp_path / "e"
    reader = log.LogReader(path)
    assert list(reader.new()) == []
    written(path, events.UnitStarted())
    assert len(list(reader.new())) == 1
    line = events.to_line(events.Record(1.0, 2, "", events.UnitStarted()))
    with path.open("a") as file:
        file.write(line[:10])
    assert list(reader.new()) == []
    with path.open("a") as file:
        file.write(line[10:] + "\n")
    assert [record.seq for record in reader.new()] == [2]


def test_a_full_disk_leaves_the_log_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "e"
    with log.EventLog(path) as event_log:
        event_log.append(events.UnitStarted())
        before = path.read_bytes()
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 10, hard))
        try:
            with pytest.raises(OSError, match="No space"):
                event_log.append(events.UnitStarted())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert path.read_bytes() == before
        assert event_log.append(events.UnitStarted()).seq == 2


def test_kinds_and_fields_of_a_newer_version_are_passed_over() -> None:
    newer = '{"t":1,"seq":3,"kind":"brand_new","unit":"","x":1}'
    assert isinstance(events.from_line(newer).event, events.Unknown)
    more = '{"t":1,"seq":3,"kind":"note","unit":"","level":"info","text":"a","x":1}'
    assert events.from_line(more).event == events.Note("info", "a")
    less = '{"t":1,"seq":3,"kind":"note","unit":"","level":"info"}'
    assert isinstance(events.from_line(less).event, events.Unknown)


@given(st.text() | st.binary().map(lambda data: data.decode("utf-8", "replace")))
def test_no_line_breaks_the_reader(text: str) -> None:
    assert events.from_line(text) is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=10,
    )
)
def test_any_line_of_json_is_read_or_passed_over(value: object) -> None:
    line = json.dumps({"t": 1, "seq": 1, "kind": "note", "level": value, "text": value})
    record = events.from_line(line)
    assert record is not None
    assert record.seq == 1
    assert events.from_line(json.dumps(value)) is None or isinstance(value, dict)


def test_numbers_that_are_not_finite_are_null_and_said() -> None:
    text = jsontext.line({"a": {"loss": math.nan, "top1": 0.5}, "b": [math.inf, 1.0]})
    assert json.loads(text) == {
        "a": {"loss": None, "top1": 0.5, "nonfinite": True},
        "b": [None, 1.0],
    }


def test_results_are_what_the_log_amounts_to(tmp_path: Path) -> None:
    records = written(
        tmp_path / "e",
        events.DatasetReady({"classes": 2}),
        events.ModelEvaluated(ROW | {"test": None}),
        events.Selected("amount", "main", 0, "main-0.4", "rule", "val"),
        events.TestEvaluated("dense", {"top1": 0.4}),
        events.RunEnded("finished", "", 0, 1.0),
    )
    table = results.project("r", records)
    assert table.state == "finished"
    assert table.model("dense")["test"] == {"top1": 0.4}
    assert table.selected[0]["row"] == "main-0.4"
    document = json.loads(jsontext.document(table))
    assert document["schema"] == 1
    assert set(document) == {"schema", "run", "state", "dataset", "training", "models", "selected"}


def test_a_resume_takes_back_what_is_done_again(tmp_path: Path) -> None:
    records = written(
        tmp_path / "e",
        events.ModelEvaluated(ROW),
        events.ModelEvaluated({"id": "twice"}),
        events.RunResumed(1, "killed"),
        events.ModelEvaluated({"id": "twice"}),
        events.RunResumed(4, "killed again"),
    )
    table = results.project("r", records)
    assert [row["id"] for row in table.models] == ["dense", "twice"]


@pytest.fixture
def run(tmp_path: Path) -> directory.RunDir:
    environment = {"process": vars(this_process())}
    return directory.create(tmp_path, "first", presets.load("demo"), environment)


def test_a_run_directory_appears_complete(run: directory.RunDir) -> None:
    assert sorted(path.name for path in run.path.iterdir()) == [
        "checkpoints",
        "control",
        "environment.json",
        "experiment.toml",
        "predictions",
        "status.json",
        "tensorboard",
    ]
    assert run.load_experiment() == presets.load("demo")
    assert status.read(run.status).state == "running"
    assert run.control.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in run.path.parent.iterdir()] == ["first"]


def test_runs_are_found_by_name_prefix_and_path(run: directory.RunDir, tmp_path: Path) -> None:
    other = directory.create(
        tmp_path, "fifth", presets.load("demo"), {"process": vars(this_process())}
    )
    assert directory.locate(tmp_path, "first") == run
    assert directory.locate(tmp_path, "fir") == run
    assert directory.locate(tmp_path, str(run.path)) == run
    assert directory.locate(tmp_path, "") == other
    for text, expected in (("fi", "several runs"), ("frist", "did you mean 'first'")):
        with pytest.raises(UserError, match=expected):
            directory.locate(tmp_path, text)


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "", "a" * 65, "a b", "a\n"])
def test_names_that_could_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError):
        directory.create(tmp_path, name, presets.load("demo"), {"process": vars(this_process())})
    assert list(tmp_path.iterdir()) == []


def test_a_taken_name_is_refused(run: directory.RunDir, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="exists already"):
        directory.create(tmp_path, run.name, presets.load("demo"), {})


def test_only_one_process_writes_a_run(run: directory.RunDir) -> None:
    lock = RunLock(run.lock)
    lock.acquire(None)
    child = os.fork()
    if child == 0:
        try:
            RunLock(run.lock).acquire(this_process())
        except UserError as error:
            os._exit(0 if str(os.getppid()) in str(error) else 1)
        os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    lock.release()


def test_a_gone_process_is_seen_as_an_interruption() -> None:
    child = os.fork()
    if child == 0:
        time.sleep(60)
    here = this_process()
    from vitac_tui.runs.lock import started

    process = Process(here.host, child, started(child))
    live = status.Status("running", process, 0.0, time.time())
    assert is_alive(process)
    assert status.shown(live) == ("running", "")
    os.kill(child, 9)
    os.waitpid(child, 0)
    assert is_alive(process) is False
    assert status.shown(live)[0] == "interrupted"
    reused = Process(here.host, here.pid, here.started + 1)
    assert is_alive(reused) is False


def test_a_silent_run_of_another_host_is_not_called_dead() -> None:
    elsewhere = status.Status("running", Process("gpu07", 1, 1), 0.0, heartbeat=1000.0)
    assert status.shown(elsewhere, now=1010.0) == ("running", "")
    assert status.shown(elsewhere, now=1180.0) == ("running", "no word for 3 min from gpu07")


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"schema": 99}', '{"schema":1}', "\x00"])
def test_a_status_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "status.json").write_text(text)
    assert status.read(tmp_path / "status.json") is None
    assert status.shown(None)[0] == "unreadable"


def test_the_first_interruption_stays_and_lifts_a_pause() -> None:
    interrupter = Interrupter()
    interrupter.pause("asked")
    assert interrupter.paused
    interrupter.interrupt(Interruption("first"))
    interrupter.interrupt(Interruption("second"))
    with pytest.raises(Interrupted, match="first"):
        interrupter.check()


def test_the_time_left_waits_for_a_warm_up_and_counts_only_this_process() -> None:
    now = 0.0
    progress = Progress(clock=lambda: now)
    progress.plan([("a", 10), ("b", 10), ("c", 20)], finished=("a",))
    assert progress.latest.fraction == 0.25
    report = progress.start("b")
    report(1, 10)
    assert progress.latest.eta_s is None
    now = 10.0
    report(10, 10)
    assert progress.latest.fraction == 0.5
    assert progress.latest.eta_s == pytest.approx(20.0)
    progress.finish("b")
    assert progress.latest.eta_s == pytest.approx(20.0)
