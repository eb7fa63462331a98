"""Every reader of a file that somebody else may have written, each with a sound file to break."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch
from corpus.checkpoints import CARD, MODEL, WEIGHTS, saved, trained
from corpus.images import encoded
from corpus.runs import stopped
from scripted import scripted
from torch import nn

from vitac_tui.console.tables import print_results
from vitac_tui.data.listfile import decode_list, parse_list
from vitac_tui.data.samples_csv import read_samples_csv
from vitac_tui.data.source import FolderSource
from vitac_tui.errors import UserError
from vitac_tui.experiment import presets
from vitac_tui.experiment.dataset import Columns
from vitac_tui.images.cache import Index, open_cached, write_index
from vitac_tui.images.images import decode
from vitac_tui.images.spec import ImageSpec
from vitac_tui.models.build import build
from vitac_tui.models.files import load_model
from vitac_tui.models.weights import initialise
from vitac_tui.runs import control, events, lines, log, results, status
from vitac_tui.runs.directory import RunDir, read_environment
from vitac_tui.runs.listing import Listing
from vitac_tui.sampleset import SampleSpec
from vitac_tui.sampleset.files import claim
from vitac_tui.system.files import read_json
from vitac_tui.training.checkpoints import load_state
from vitac_tui.tui.plot.layout import rows
from vitac_tui.tui.plot.training_plots import TITLES, plot_spec
from vitac_tui.tui.reading.follower import Follower, View
from vitac_tui.tui.reading.models import AXES, as_csv, front, models
from vitac_tui.tui.reading.trained import read as read_trained
from vitac_tui.tui.screens.live import bars, heading
from vitac_tui.worker.stages import predictions as stored


@dataclass(frozen=True)
class Reader:
    """Something that reads a file.

    Attributes:
        make: writes the sound file, and what is needed around it, into an empty folder.
        file: the file.
        read: reads it, given the folder.
    """

    make: Callable[[Path], object]
    file: str
    read: Callable[[Path], object]


def content(name: str, data: bytes | str) -> Callable[[Path], object]:
    """Writes a file."""
    sound = data.encode() if isinstance(data, str) else data
    return lambda folder: (folder / name).write_bytes(sound)


def told(folder: Path) -> None:
    """A run with a long log."""
    scripted(folder / "runs", "run")


def the_run(folder: Path) -> RunDir:
    """The run that `told` and `trained` make."""
    return RunDir(folder / "runs" / "run")


def look_at(view: View) -> None:
    """What the screens make of a run."""
    bars(view)
    heading(view)
    for what in TITLES:
        rows(plot_spec(what, view.history, smooth=0.5, log=True), 80, 24)
    found = models(view.run, view.history.results)
    as_csv(found)
    for axis in AXES:
        front(found, axis)
    print_results(view.history.results, state=view.state, stream=io.StringIO())


def read_log(folder: Path) -> None:
    """A log in every way in which it is read."""
    run = the_run(folder)
    follower = Follower(run)
    follower.refresh()
    look_at(follower.view)
    Listing(folder / "runs").rows()
    records = list(log.read(run.events))
    results.project(run.name, records)
    for record in records:
        lines.line(record)
        written = events.from_line(events.to_line(record))  # a NaN has become null
        assert written is not None
        assert events.from_line(events.to_line(written)) == written
    run.require_readable()


def read_status(folder: Path) -> None:
    """A status, which is never an error."""
    status.shown(status.read(the_run(folder).status))
    Listing(folder / "runs").rows()


def read_results(folder: Path) -> None:
    """The figures of a run."""
    Listing(folder / "runs").rows()
    read_json(the_run(folder).results, form=results.SCHEMA, largest=results.LARGEST)


def read_experiment(folder: Path) -> None:
    """The settings of a run."""
    Listing(folder / "runs").rows()
    the_run(folder).load_experiment()


def read_vouched(folder: Path) -> None:
    """Weights for which the card vouches, so that it is not the hash that refuses them."""
    card = json.loads((folder / CARD).read_text())
    card["sha256"] = hashlib.sha256((folder / WEIGHTS).read_bytes()).hexdigest()
    (folder / CARD).write_text(json.dumps(card))
    load_model(folder / MODEL)


@cache
def network() -> nn.Module:
    """A network to load weights into."""
    return build("resnet18", 3)


def few_weights() -> dict[str, torch.Tensor]:
    """Enough of a state dict to be looked at."""
    return {key: network().state_dict()[key] for key in ("conv1.weight", "bn1.bias", "fc.bias")}


def read_weights(folder: Path) -> None:
    """Weights, which are sound as far as they go."""
    try:
        initialise(network(), str(folder / "w.pt"), arch="resnet18")
    except UserError as problem:
        if "tensors of resnet18" not in str(problem):
            raise


def training_state() -> dict[str, object]:
    """What a resume state is made of."""
    return {"schema": 1, "unit": "rate/0", "seq": 7, "model": few_weights(), "best": {}}


def predictions(folder: Path) -> None:
    """The answers about three images."""
    arrays = {"row": np.arange(3), "top5": np.zeros((3, 5)), "probability": np.zeros((3, 5))}
    np.savez_compressed(folder / "dense.val.npz", **arrays)


def read_predictions(folder: Path) -> None:
    """The same three."""
    images = SimpleNamespace(rows=torch.arange(3), labels=torch.zeros(3))
    samples = [SimpleNamespace(group="")] * 3
    table = SimpleNamespace(samples=samples)
    run = SimpleNamespace(predictions=folder)
    stored.read_predictions(run, "dense.val", images, table)  # type: ignore[arg-type]


def decoded(folder: Path) -> None:
    """A cache of two images."""
    (folder / "images.u8").write_bytes(bytes(2 * 8 * 8 * 3))
    write_index(folder / "index.json", Index(8, ("a", "b"), {}, (0, 0)))


def as_override(folder: Path) -> None:
    """A `--set` text, as the command line hands it over."""
    text = (folder / "set").read_bytes().replace(b"\0", b"").decode("utf-8", "surrogateescape")
    presets.load("demo", [text])


def as_list(folder: Path) -> None:
    """A list."""
    parse_list(decode_list((folder / "list").read_bytes(), "list"), "list", Columns())


LINES = 'a b/1.png 0\nc/2.jpg 11\r\n\n"d, e.png",3\nf.png\t4\n\\g\\h.png 5\n'
TABLE = 'path,label,group,split\na b/1.png,0,g,train\n"c,2.jpg",x,"h ""i""",test\n'
REQUEST = '{"schema": 1, "id": "a", "request": "pause", "by": "me on host", "t": 1.5}'
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "GIF", "BMP", "PPM", "JPEG2000")

READERS: dict[str, Reader] = {
    "preset": Reader(
        content("p.toml", presets.built_in()["study-visual-compose-b"].read_bytes()),
        "p.toml",
        lambda folder: presets.load(str(folder / "p.toml")),
    ),
    "--set": Reader(content("set", "train.learning_rate=[1e-3, 0.01]"), "set", as_override),
    "list": Reader(content("list", LINES), "list", as_list),
    "table": Reader(content("list", TABLE), "list", as_list),
    **{
        form: Reader(
            content("image", encoded(form)),
            "image",
            lambda folder: decode(FolderSource(folder), "image", ImageSpec(32, "pad")),
        )
        for form in FORMATS
    },
    "sample.json": Reader(
        lambda folder: claim(folder, SampleSpec()),
        "sample.json",
        lambda folder: claim(folder, SampleSpec()),
    ),
    "index.json": Reader(
        decoded, "index.json", lambda folder: open_cached(folder, 2, ImageSpec(8))
    ),
    "weights.pt": Reader(
        content("w.pt", saved(few_weights())),
        "w.pt",
        read_weights,
    ),
    "model card": Reader(trained, CARD, lambda folder: load_model(folder / MODEL)),
    "model card, app": Reader(trained, CARD, lambda folder: read_trained(the_run(folder))),
    "model weights": Reader(trained, WEIGHTS, read_vouched),
    "resume.pt": Reader(
        content("resume.pt", saved(training_state())),
        "resume.pt",
        lambda folder: load_state(folder / "resume.pt"),
    ),
    "events.jsonl": Reader(told, "runs/run/events.jsonl", read_log),
    "status.json": Reader(told, "runs/run/status.json", read_status),
    "results.json": Reader(told, "runs/run/results.json", read_results),
    "experiment.toml": Reader(told, "runs/run/experiment.toml", read_experiment),
    "environment.json": Reader(
        stopped, "runs/run/environment.json", lambda folder: read_environment(the_run(folder))
    ),
    "samples.csv": Reader(
        stopped, "runs/run/samples.csv", lambda folder: read_samples_csv(the_run(folder).samples)
    ),
    "request": Reader(
        content("a.json", REQUEST), "a.json", lambda folder: list(control.take(folder))
    ),
    "predictions": Reader(predictions, "dense.val.npz", read_predictions),
}
