"""The record of a run: its log, its grammar, its projection, its directory."""

import json
import math
import os
import resource
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitac_tui.errors import UserError
from vitac_tui.experiment import presets
from vitac_tui.runs import directory, events, jsontext, log, results, status
from vitac_tui.runs.claim import claimed
from vitac_tui.runs.interrupt import Interrupted, Interrupter, Interruption
from vitac_tui.runs.progress import Progress
from vitac_tui.system.lock import RunLock
from vitac_tui.system.process import Process, is_alive, this_process

SCORES = {
    "split": "val", "images": 2, "top1": 0.5, "top1_low": 0.4, "top1_high": 0.6, "top5": None,
    "loss": 1.5, "per_class": [{"class": "a", "images": 2, "top1": 0.5}], "confusion": [[2]],
}  # fmt: skip
ROW = {
    "id": "dense", "variant": "dense", "amount": None, "rung": "raw", "seed": 0, "steps": [],
    "parameters": 10, "valid_weights": 8, "nonzero": 8, "macs": 100, "bytes": 40,
    "latency": [], "eval": SCORES, "test": None,
}  # fmt: skip
DATASET = {
    "layout": "folder", "modality": "visual", "classes": 2, "images": {"train": 5, "val": 2},
    "verdict": "fine", "warnings": [], "fingerprint": "ab",
}  # fmt: skip
TRAINING = {
    "seed": 0, "learning_rate": 1e-3, "state": "finished", "epochs": 2, "wall_s": 1.5,
    "img_per_s": 30.0, "metrics": {"val": {"loss": 1.0, "top1": 0.5}},
}  # fmt: skip


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
        events.DatasetReady(DATASET),
        events.ModelEvaluated(ROW),
        events.Selected("amount", "main", 0, "main-0.4", "rule", "val"),
        events.TestEvaluated("dense", SCORES | {"top1": 0.4}),
        events.RunEnded("finished", "", 0, 1.0),
    )
    table = results.project("r", records)
    assert table.state == "finished"
    assert table.model("dense")["test"]["top1"] == 0.4
    assert table.selected[0]["row"] == "main-0.4"
    document = json.loads(jsontext.document(table))
    assert document["schema"] == 1
    assert set(document) == {
        "schema", "run", "state", "dataset", "training", "models", "selected", "over_seeds"
    }  # fmt: skip


def test_a_resume_takes_back_what_is_done_again(tmp_path: Path) -> None:
    records = written(
        tmp_path / "e",
        events.ModelEvaluated(ROW),
        events.ModelEvaluated(ROW | {"id": "twice"}),
        events.RunResumed(1, "killed"),
        events.ModelEvaluated(ROW | {"id": "twice"}),
        events.RunResumed(4, "killed again"),
    )
    table = results.project("r", records)
    assert [row["id"] for row in table.models] == ["dense", "twice"]


IDS = st.sampled_from(["dense", "a", "b"])
SAID = st.one_of(
    st.builds(lambda name: events.ModelEvaluated(ROW | {"id": name}), IDS),
    st.builds(lambda name: events.TestEvaluated(name, SCORES), IDS),
    st.builds(lambda name: events.Selected("amount", name, 0, name, "rule", "val"), IDS),
    st.builds(lambda name: events.DatasetReady(DATASET | {"verdict": name}), IDS),
    st.builds(
        lambda rate: events.TrainingFinished(TRAINING | {"learning_rate": rate}), st.floats()
    ),
    st.builds(lambda name: events.Note("info", name), IDS),
    st.builds(lambda to: events.RunResumed(to, "killed"), st.integers(0, 12)),
    st.just(events.RunEnded("stopped", "", 4, 1.0)),
)


def by_definition(run: str, records: list[events.Record]) -> results.Results:
    """What is left of a log once every resume has taken back its part, taken from the start."""
    table = results.project(run, [])
    for record in results.effective(records):
        plain = results.Projection(run)
        plain.results = table
        if not isinstance(record.event, events.RunResumed):
            plain.take(record)
            table = plain.results
        else:
            table = replace(table, state="running", over_seeds=())  # that is for a run's end
    return table


@given(st.lists(SAID, max_size=20))
def test_the_table_of_a_growing_log_is_at_any_time_that_of_the_whole_log(
    tmp_path_factory: pytest.TempPathFactory, said: list[events.Event]
) -> None:
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    tally = results.Tally("r", path)
    assert tally.now() == results.Results("r")
    for number, event in enumerate(said, 1):
        line = events.to_line(events.Record(1.0, number, "", event))
        with path.open("a") as file:
            file.write(line[:20])
            file.flush()
            tally.now()  # half a line is none
            file.write(line[20:] + "\n")
        records = list(log.read(path))
        assert tally.now() == results.project("r", records) == by_definition("r", records)
        assert jsontext.document(tally.now()) == jsontext.document(by_definition("r", records))


def test_what_would_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    with log.EventLog(tmp_path / "e") as event_log:
        with pytest.raises(TypeError, match="not as its grammar says"):
            event_log.append(events.ModelEvaluated({"id": "dense"}))
        assert event_log.append(events.Note("info", "\udcfc")).seq == 1
    assert [record.event for record in log.read(tmp_path / "e")] == [events.Note("info", "\udcfc")]


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


def test_a_folder_that_cannot_be_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="File name too long"):
        directory.create(
            tmp_path / ("r" * 300), "a", presets.load("demo"), {"process": vars(this_process())}
        )


def test_whatever_goes_wrong_leaves_no_half_of_a_run(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        directory.create(tmp_path, "a", presets.load("demo"), {"process": {"no": "process"}})
    assert list(tmp_path.iterdir()) == []


def test_what_the_record_cannot_hold_is_named(tmp_path: Path) -> None:
    experiment = presets.load("demo")
    notes = experiment.model_copy(update={"notes": "from p\udcfc"})
    with pytest.raises(UserError, match=r"from p\\udcfc': cannot be recorded"):
        directory.create(tmp_path, "a", notes, {"process": vars(this_process())})
    assert list(tmp_path.iterdir()) == []


def test_a_taken_name_is_refused(run: directory.RunDir, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="exists already"):
        directory.create(tmp_path, run.name, presets.load("demo"), {})


def test_only_one_process_writes_a_run(run: directory.RunDir) -> None:
    lock = RunLock(run.lock)
    lock.acquire(this_process())
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
    from vitac_tui.system.process import started

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


def test_a_run_heard_of_on_another_host_is_not_claimed(run: directory.RunDir) -> None:
    elsewhere = status.Status("running", Process("gpu07", 7, 1), 1.0, time.time() - 3)
    status.write(run.status, elsewhere)
    with (
        pytest.raises(UserError, match="process 7 on gpu07 wrote to it 3 s ago"),
        claimed(run),
    ):
        pass
    status.write(run.status, replace(elsewhere, heartbeat=time.time() - 60))
    shutil.rmtree(run.checkpoints)
    with claimed(run):  # it may be gone for good, and a requeued job must go on
        assert run.checkpoints.is_dir()


def test_a_silent_run_of_another_host_is_not_called_dead() -> None:
    elsewhere = status.Status("running", Process("gpu07", 1, 1), 0.0, heartbeat=1000.0)
    assert status.shown(elsewhere, now=1010.0) == ("running", "")
    assert status.shown(elsewhere, now=1180.0) == ("running", "no word for 3 min from gpu07")


def a_status(**changed: object) -> bytes:
    process = {"host": "here", "pid": 1, "started": 1}
    good = {"schema": 1, "state": "running", "process": process, "started": 1.0, "heartbeat": 2.0}
    return json.dumps({**good, **changed}).encode()


@pytest.mark.parametrize(
    "content, reason",
    [
        (b"", "is not JSON"),
        (b"\x00", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b"null", "is not a JSON object"),
        (b"{}", "has no number of its form (schema)"),
        (a_status(schema=2), "its record has form 2, this version reads 1"),
        (a_status(schema=True), "has no number of its form (schema)"),
        (b'{"schema":1}', "is no status of a run"),
        (a_status(state=5), "is no status of a run"),
        (a_status(process={"host": "h", "pid": "x", "started": 1}), "is no status of a run"),
        (a_status(process={"host": "h", "pid": 10**30, "started": 1}), "is no status of a run"),
        (a_status(process=[]), "is no status of a run"),
        (a_status(heartbeat="now"), "is no status of a run"),
        (a_status(heartbeat=math.inf), "is no status of a run"),
        (a_status(figures={"loss": "low"}), "is no status of a run"),
        (a_status(notes="x" * 2_000_000), "is larger than 1 MB"),
    ],
)
def test_a_status_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "status.json").write_bytes(content)
    read = status.read(tmp_path / "status.json")
    assert status.shown(read) == ("unreadable", f"status.json: {reason}")


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.mkdir()


def make_device(path: Path) -> None:
    path.symlink_to("/dev/zero")


NO_FILES = pytest.mark.parametrize("make", [make_pipe, make_folder, make_device])


@NO_FILES
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "status.json")
    make(tmp_path / "events.jsonl")
    make(tmp_path / "lock")
    assert status.read(tmp_path / "status.json").reason == "status.json: is not a regular file"
    with pytest.raises(UserError, match="is not a regular file"):
        list(log.read(tmp_path / "events.jsonl"))
    with pytest.raises(UserError, match=r"lock: (is not a regular file|cannot be opened)"):
        RunLock(tmp_path / "lock").acquire(this_process())


@pytest.mark.parametrize("pid", [0, -1, 10**30, 2**31 - 1])
def test_no_number_that_stands_for_a_process_is_one_that_lives(pid: int) -> None:
    assert is_alive(Process(os.uname().nodename, pid, 1)) is False


def test_a_status_comes_back_as_it_was_written(tmp_path: Path) -> None:
    process = this_process()
    written = status.Status(
        "running", process, 1.0, 2.0, eta_s=3.0, figures={"loss": math.nan, "top1": 0.5}
    )
    status.write(tmp_path / "status.json", written)
    assert status.read(tmp_path / "status.json") == replace(
        written, figures={"loss": None, "top1": 0.5}
    )


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


def test_what_turns_out_not_to_be_needed_leaves_the_plan() -> None:
    now = 0.0
    progress = Progress(clock=lambda: now)
    points = [(f"v/point/{number}/raw", 10.0) for number in range(12)]
    progress.plan([("a", 10.0), *points, ("b", 10.0)])
    progress.start("a")
    now = 10.0
    progress.finish("a")
    progress.drop("v/point/1/")  # not 10 and 11
    assert progress.latest.fraction == pytest.approx(10 / 130)
    assert progress.latest.eta_s == pytest.approx(120.0)
    progress.start("v/point/0/raw")
    progress.lighten("v/point/0/raw", 0.4)
    now = 14.0
    progress.finish("v/point/0/raw")
    assert progress.latest.fraction == pytest.approx(14 / 124)
    assert progress.latest.eta_s == pytest.approx(110.0)
