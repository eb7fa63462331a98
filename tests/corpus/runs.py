"""Run directories that are damaged, of another version, or somebody's trap."""

from __future__ import annotations

import os
from pathlib import Path

from corpus.case import Make, both, change, kind, nothing, write
from corpus.datasets import dataset
from corpus.nofiles import NO_FILES, instead_of
from support import TINY

from vitac_tui.data.read import read_dataset
from vitac_tui.data.samples_csv import write_samples_csv
from vitac_tui.experiment import presets
from vitac_tui.runs import directory, events, jsontext, log, results, status
from vitac_tui.runs.directory import RunDir
from vitac_tui.system.process import Process

NOBODY = Process("h", 1, 1)
SCORES = {
    "split": "val", "images": 2, "top1": 0.5, "top1_low": 0.4, "top1_high": 0.6, "top5": None,
    "loss": 1.5, "per_class": [{"class": "a", "images": 2, "top1": 0.5}], "confusion": [[2]],
}  # fmt: skip


def said(text: str) -> list[events.Event]:
    """A whole small log, with a text wherever a text may stand."""
    found = {
        "layout": text, "modality": text, "classes": 2, "images": {"train": 5, text: 2},
        "verdict": text, "warnings": [text], "fingerprint": text,
    }  # fmt: skip
    training = {
        "seed": 0, "learning_rate": 1e-3, "state": text, "epochs": 2, "wall_s": 1.5,
        "img_per_s": 30.0, "metrics": {"val": {"loss": 1.0, "top1": 0.5}},
    }  # fmt: skip
    model = {
        "id": text, "variant": text, "amount": None, "rung": text, "seed": 0,
        "steps": [{"method": "ln_structured"}],
        "parameters": 10, "valid_weights": 8, "nonzero": 8, "macs": 100, "bytes": 40, "latency": [],
        "eval": SCORES | {"split": text}, "test": None,
    }  # fmt: skip
    part = {"per_class": [], "confusion": [], "stopped": {"of": 5, "why": text}}
    swept = model | {"id": f"{text}-0.5", "amount": 0.5, "eval": SCORES | part}
    return [
        events.RunStarted(1, text, text, text, text, text, [0]),
        events.DatasetReady(found),
        events.Plan([[text, 1.5]]),
        events.TrainingFinished(training),
        events.ModelEvaluated(model),
        events.ModelEvaluated(swept),
        events.Selected("amount", text, 0, text, text, text),
        events.TestEvaluated(text, SCORES),
        events.Note(text, text),
        events.RequestAnswered(text, text, text, text),
        events.RunEnded("finished", text, 0, 1.5),
    ]


def make_run(root: Path, name: str, text: str = "x", *, preset: str = "demo") -> RunDir:
    """A finished run, without having run."""
    made_with = {"device": "cpu", "precision": "fp32", "threads": 1, "process": vars(NOBODY)}
    run = directory.create(root, name, presets.load(preset), {"schema": 1, **made_with})
    with log.EventLog(run.events) as written:
        for event in said(text):
            written.append(event)
    table = results.project(name, log.read(run.events))
    run.results.write_bytes(jsontext.document(table))
    status.write(run.status, status.Status("finished", NOBODY, 1.0, 2.0, text))
    return run


def finished(folder: Path) -> None:
    """A run that has finished."""
    make_run(folder / "runs", "run")


def stopped(folder: Path) -> None:
    """A run on a dataset beside it that was stopped in training, and could go on."""
    dataset(folder)
    (folder / "p.toml").write_text(TINY.format(root=folder / "set"))
    run = make_run(folder / "runs", "run", preset=str(folder / "p.toml"))
    first = run.events.read_text().splitlines(keepends=True)[0]
    run.events.write_text(first)
    run.results.unlink()
    status.write(run.status, status.Status("stopped", NOBODY, 1.0, 2.0))
    table = read_dataset(run.load_experiment().dataset)
    write_samples_csv(run.samples, table, [""] * len(table.samples))


STATUS, EVENTS, RESULTS = "runs/run/status.json", "runs/run/events.jsonl", "runs/run/results.json"
EXPERIMENT, ENVIRONMENT = "runs/run/experiment.toml", "runs/run/environment.json"
NEWER = '{"schema": 2, "state": 5, "models": {}}'
FIRST = '{"t":1,"seq":1,"kind":"run_started","unit":"","schema":%s,"run":{"a":1}}\n'
READERS = ("show run", "follow run", "attach run")

add = kind("form", finished, *READERS, "resume run")
for path in (STATUS, RESULTS):
    add(f"newer {Path(path).name}", write(path, NEWER),
        f"{Path(path).name}: its record has form 2, this version reads 1")  # fmt: skip
for number in ("2", "0", "-1", "99999999999999999999"):
    add(f"events {number}", write(EVENTS, FIRST % number),
        f"events.jsonl: its record has form {number}, this version reads 1")  # fmt: skip
for number in ("true", "1.5", '"1"', "null", "[1]"):
    add(f"events {number}", write(EVENTS, FIRST % number),
        "events.jsonl: has no number of its form")  # fmt: skip

add = kind("event log", finished, *READERS, "replay run")
for what in NO_FILES:
    if what != "nothing":
        add(what, instead_of(EVENTS, what), "events.jsonl: ")
endless = both(write(EVENTS, ""), lambda folder: os.truncate(folder / EVENTS, 1 << 27))
add("a line without an end", endless, "events.jsonl: is no event log")

add = kind("shown", finished, "show run", "show --json run", "follow run", "runs", code=0)
for what in NO_FILES:
    for path in (STATUS, RESULTS):
        add(f"{what} as {Path(path).name}", instead_of(path, what), "run")
for name, content in {
    "nothing": "",
    "no JSON": "x",
    "a list": "[]",
    "null": "null",
    "deep": "[" * 100_000,
    "half": '{"schema": 1, "state": "fin',
    "no UTF-8": b'{"schema": 1, "state": "\xff"}',
    "NUL": b"\0" * 100,
    "a string as process": '{"schema": 1, "state": "running", "process": "me"}',
    "a huge process": '{"schema": 1, "state": "running", "process": {"host": "h", "pid": '
    + "9" * 400 + ', "started": 1}, "started": 1, "heartbeat": 1}',
    "twice the key": '{"schema": 1, "schema": 1, "state": 1}',
    "not finite": '{"schema": 1, "state": "running", "started": NaN, "heartbeat": Infinity}',
}.items():  # fmt: skip
    for path in (STATUS, RESULTS):
        add(f"{name} in {Path(path).name}", write(path, content), "run")
for name, content in {
    "torn": b'{"t":1,"seq":1,"kind":"run_sta',
    "no line is one": b"x\n" * 1000,
    "no UTF-8": b"\xff\xfe\n\0\n",
    "only line ends": b"\n" * 1000,
    "unknown kind": b'{"t":1,"seq":1,"kind":"of_tomorrow","unit":""}\n',
    "negative number": b'{"t":1,"seq":-1,"kind":"note","unit":"","level":"x","text":"y"}\n',
    "long number": b'{"t":1,"seq":' + b"9" * 400 + b',"kind":"note","unit":""}\n',
    "deep": b"[" * 100_000 + b"\n",
    "back to the beginning": b'{"t":1,"seq":1,"kind":"run_resumed","unit":"","rewind_to":-9}\n',
    "far ahead": b'{"t":1,"seq":1,"kind":"run_resumed","unit":"","rewind_to":99999999999999}\n',
    "no such year": b'{"t":1e300,"seq":1,"kind":"run_ended","unit":"",'
    b'"state":"finished","reason":"","exit_code":0,"wall_s":1e300}\n',
}.items():  # fmt: skip
    add(f"events, {name}", write(EVENTS, content), "")

FROM_RUN = "preset show demo --set from_run=run"
add = kind("experiment", finished, "resume run", "replay run", FROM_RUN)
for what in NO_FILES:
    add(what, instead_of(EXPERIMENT, what), "run")
for name, spoil, says in (
    ("no TOML", write(EXPERIMENT, "x"), "experiment.toml"),
    ("no text", write(EXPERIMENT, b"\xff"), "experiment.toml: is not UTF-8 text"),
    ("NUL", write(EXPERIMENT, b"\0" * 99), "experiment.toml:1: is not valid TOML"),
    ("another setting", change(EXPERIMENT, "[train]", "[train]\nfuture = 1"), "train.future"),
    ("no model", change(EXPERIMENT, "[model]", "[modell]"), "modell"),
    ("layout of tomorrow", change(EXPERIMENT, '"sample"', '"cube"'), "dataset.layout"),
    ("deep", write(EXPERIMENT, "x = " + "[" * 5000), "nested too deeply"),
):
    add(name, spoil, says)

add = kind("replayed", finished, "replay run")
for path in (RESULTS, ENVIRONMENT):
    for what in NO_FILES:
        if (path, what) != (RESULTS, "nothing"):  # which is then made from the log
            add(f"{what} as {Path(path).name}", instead_of(path, what), Path(path).name)
    for content in ("", "[]", "null", "x", "[" * 100_000, "{}", '{"schema": "1"}'):
        add(f"{content[:16]!r} in {Path(path).name}", write(path, content), Path(path).name)

#: Locking a run and opening its log are the first that a resume does.
TOUCHED = ("lock", "log.txt")
add = kind("resumed", stopped, "--quiet resume run", may_write=TOUCHED)
for what in ("pipe", "folder", "device", "link to itself"):
    for name in ("lock", "log.txt", "events.jsonl"):
        add(f"{what} as {name}", instead_of(f"runs/run/{name}", what), f"{name}: ")
for what in ("pipe", "device", "link to itself"):
    for name in ("control", "checkpoints", "predictions", "tensorboard"):
        add(f"{what} as {name}", instead_of(f"runs/run/{name}", what), f"{name}: ")


def pointing(name: str, target: str) -> Make:
    """Puts a link out of the run in the place of something within it."""

    def spoil(folder: Path) -> None:
        instead_of(f"runs/run/{name}", "nothing")(folder)
        (folder / "runs/run" / name).symlink_to(folder / target)

    return spoil


for name in ("lock", "log.txt", "events.jsonl"):
    add(f"{name} points out", pointing(name, "p.toml"), f"{name}: cannot be opened")
for name in ("control", "checkpoints", "predictions", "tensorboard"):
    add(f"{name} points out", pointing(name, "set/class0"), f"{name}: is a link out of the run")

add = kind("samples", stopped, "--quiet --batch p.toml --set dataset.split.from=run")
HEADER = "path,class,class_name,group,frame,split,content_hash,session,modality,pair\n"
SAMPLES = "runs/run/samples.csv"
for what in NO_FILES:
    add(what, instead_of(SAMPLES, what), "samples.csv: ")
for name, content, says in (
    ("empty", "", "dataset.split.from"),
    ("another header", "a,b\n1,2\n", "samples.csv:2: this is not the samples.csv"),
    ("no label", f"{HEADER}a,x,x,g,0,train,00,,,\n", "samples.csv:2: this is not the samples.csv"),
    ("no split", f"{HEADER}a,1,x,g,0,trian,00,,,\n", "samples.csv:2: the split 'trian'"),
    ("torn", f"{HEADER}a,1,x", "samples.csv:2: this is not the samples.csv"),
    ("NUL", f"{HEADER}\0,1\n", "samples.csv"),
    ("long field", f"{HEADER}{'a' * 200_000},1", "samples.csv"),
    ("paths that lead out", f"{HEADER}../../p.toml,1,x,g,0,train,00,,,\n", ""),
):
    add(name, write(SAMPLES, content), says)


def live(folder: Path) -> None:
    """A run under way on another host, for all that can be told here."""
    run = make_run(folder / "runs", "run")
    status.write(run.status, status.Status("running", NOBODY, 1.0, 2.0))


add = kind("control", live, "stop run", "stop --now run", "pause run", "unpause run")
for what in ("pipe", "device", "link to itself", "nothing"):
    add(what, instead_of("runs/run/control", what), "control: you cannot send requests to this run")
add("a file", both(instead_of("runs/run/control", "nothing"), write("runs/run/control", "")),
    "control: you cannot send requests to this run")  # fmt: skip
add("points out", pointing("control", "runs"), "control: you cannot send requests to this run")

add = kind("run's name", finished, "show", "follow", "resume", "replay", "stop", "attach")
for name, says in {
    "nobody": "no run 'nobody'",
    "../run": "no run",
    "/etc": "no run",
    "r" * 5000: "no run 'rrr",
    "\x1b[2J": r"no run '\x1b[2J'",
    "run/../..": "no run",
    "\udcff": "is not UTF-8 text",
    ".": "no run",
    "*": "no run",
}.items():
    add(name[:20], nothing, says, name)
