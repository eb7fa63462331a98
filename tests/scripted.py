"""A run as its record alone: written by the real log, without a process or torch."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from vitac_tui.experiment import presets
from vitac_tui.runs import directory, events, jsontext, results, status
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.log import EventLog, read
from vitac_tui.system.atomic import write_atomic
from vitac_tui.system.process import Process, this_process

CLASSES = ("plain", "twill", "Ärmelrippe", "[bold]satin[/]", "綿", "denim")
STEPS, EPOCHS = 12, 5
DENSE = 0.95  # top-1 on validation
RULE = (
    "largest amount that loses at most 5 points of the dense model's top-1; "
    "-1.0 [-9.0, +2.0] points on the same 36 images: a loss beyond 5 points is not excluded; "
    "about 150 images would settle it"
)
BEGAN = 1_700_000_000.0
GONE = Process("gpu07", 4321, 99)  # of another host, so nobody can know it to be dead


def evaluation(top1: float, split: str = "val") -> dict[str, Any]:
    """Scores of six images a class, of which a share of `top1` is right."""
    right = round(6 * top1)
    confusion = [[0] * len(CLASSES) for _ in CLASSES]
    for true in range(len(CLASSES)):
        confusion[true][true] = right
        confusion[true][(true + 1) % len(CLASSES)] = 6 - right
    return {
        "split": split,
        "images": 36,
        "top1": top1,
        "top1_low": max(0.0, top1 - 0.1),
        "top1_high": min(1.0, top1 + 0.05),
        "top5": 1.0,
        "loss": 1 - top1,
        "wall_s": 0.1,
        "img_per_s": 360.0,
        "per_class": [{"class": name, "images": 6, "top1": right / 6} for name in CLASSES],
        "confusion": confusion,
    }


def against(top1: float) -> dict[str, Any]:
    """The comparison with the dense model, whose top-1 is `DENSE`."""
    change = top1 - DENSE
    return {
        "difference": change,
        "low": change - 0.08,
        "high": change + 0.03,
        "p": 0.5,
        "gained": 0,
        "lost": round(-36 * change),
        "lost_classes": [],
    }


def model(variant: str, amount: float | None, top1: float, weights: int) -> dict[str, Any]:
    """A row of `models`."""
    return {
        "id": variant if amount is None else f"{variant}-{amount}",
        "variant": variant,
        "amount": amount,
        "seed": 0,
        "training": 0,
        "rung": "raw",
        "steps": [] if amount is None else [{"method": "global_unstructured"}],
        "parameters": 11_182_668,
        "valid_weights": weights,
        "nonzero": weights,
        "macs": 148_713_484,
        "bytes": 44_779_984,
        "latency": [
            {"batch": 1, "median_ms": 8.0, "p95_ms": 9.0},
            {"batch": 32, "median_ms": 90.0, "p95_ms": 99.0},
        ],
        "eval": {
            **evaluation(top1),
            "against_dense": None if variant == "dense" else against(top1),
        },
        "test": None,
    }


def scripted(
    root: Path,
    name: str = "20260101-120000-cloth-ab12",
    *,
    state: str = "finished",
    epochs: int = EPOCHS,
    sweep: bool = True,
    marks: tuple[str, ...] = (),
) -> RunDir:
    """A run directory of a training of `EPOCHS` epochs, told up to `epochs`, then a sweep.

    `marks` are what its tables must say.
    """
    experiment = presets.load("demo")
    environment = {"process": vars(this_process())}
    run = directory.create(root, name, experiment, environment)
    ticks = iter(range(10_000))
    with EventLog(run.events, clock=lambda: BEGAN + next(ticks)) as log:
        log.append(events.RunStarted(1, name, "cloth", "abc", "cpu", "fp32", [0]))
        log.append(events.DatasetReady({**_dataset(), "marks": list(marks)}))
        units = [[f"rate/0/epoch/{n}", 10.0] for n in range(1, EPOCHS + 1)]
        units += [[f"variant/masks/point/{n}/raw", 3.0] for n in range(3)]
        log.append(events.Plan(units))
        for epoch in range(1, epochs + 1):
            _epoch(log, epoch)
        if sweep:
            _sweep(log)
        if state not in status.LIVE:
            log.append(events.RunEnded(state, "", 0, 62.0))
    write_atomic(run.results, jsontext.document(results.project(name, read(run.events))))
    _status(run, state, epochs)
    return run


def with_model(run: RunDir) -> RunDir:
    """Give a run the card of its trained model: a ResNet18 with 12 classes, weights apart."""
    card = {"arch": "resnet18", "layers": list(resnet18(12))}
    write_atomic(run.checkpoints / "dense.json", jsontext.document(card))
    return run


def resnet18(classes: int) -> Iterator[dict[str, Any]]:
    """The layer table of a ResNet18."""

    def conv(name: str, norm: str, outputs: int, inputs: int, size: int) -> Iterator[Any]:
        yield _layer(name, "conv", (outputs, inputs, size, size), 0)
        yield _layer(norm, "batchnorm", (outputs,), outputs)

    yield from conv("conv1", "bn1", 64, 3, 7)
    before = 64
    for stage, width in enumerate((64, 128, 256, 512), 1):
        for block in (0, 1):
            name = f"layer{stage}.{block}"
            yield from conv(f"{name}.conv1", f"{name}.bn1", width, before, 3)
            yield from conv(f"{name}.conv2", f"{name}.bn2", width, width, 3)
            if before != width:
                yield from conv(f"{name}.downsample.0", f"{name}.downsample.1", width, before, 1)
            before = width
    yield _layer("fc", "linear", (classes, 512), classes)


def _layer(name: str, kind: str, shape: tuple[int, ...], bias: int) -> dict[str, Any]:
    parameters = math.prod(shape) + bias
    return {"name": name, "kind": kind, "weight_shape": list(shape), "parameters": parameters}


def _dataset() -> dict[str, Any]:
    return {
        "layout": "folder",
        "modality": "visual",
        "classes": len(CLASSES),
        "class_names": list(CLASSES),
        "images": {"train": 96, "val": 36, "test": 36},
        "groups": {"train": 16, "val": 6, "test": 6},
        "corrupt": 0,
        "fingerprint": "0123",
        "warnings": [],
        "verdict": "no overlap found between train and test",
    }


def _epoch(log: EventLog, epoch: int) -> None:
    unit = f"rate/0/epoch/{epoch}"
    log.append(events.UnitStarted(), unit)
    for step in range((epoch - 1) * STEPS + 1, epoch * STEPS + 1):
        loss = 2 * math.exp(-step / 20) + 0.05 * math.sin(step)
        log.append(events.TrainStep(epoch, step, loss, 1e-3), unit)
    share = 1 - 0.8 * math.exp(-epoch / 2)
    figures = {"loss": 2 * math.exp(-epoch / 2), "top1": share}
    finished = events.EpochFinished(
        epoch, EPOCHS, epoch * STEPS, figures, {**figures, "top1": share - 0.05}, 9.0, 107.0
    )
    log.append(finished, unit)
    log.append(events.UnitFinished(9.0), unit)


def _sweep(log: EventLog) -> None:
    log.append(events.ModelEvaluated(model("dense", None, DENSE, 11_177_856)))
    for number, (amount, top1) in enumerate(((0.2, 0.94), (0.5, 0.80), (0.8, 0.20))):
        weights = round(11_177_856 * (1 - amount))
        unit = f"variant/masks/point/{number}/raw"
        log.append(events.ModelEvaluated(model("masks", amount, top1, weights)), unit)
    log.append(events.Selected("amount", "masks", 0, "masks-0.2", RULE, "val"))
    log.append(events.TestEvaluated("dense", evaluation(0.93, "test")))


def _status(run: RunDir, state: str, epochs: int) -> None:
    live = state in status.LIVE
    now = time.time() if live else BEGAN + 62
    written = status.Status(
        state,
        GONE if live else this_process(),
        BEGAN,
        now,
        unit=f"rate/0/epoch/{min(epochs + 1, EPOCHS)}",
        done=3 if live else 0,
        total=STEPS if live else 0,
        fraction=0.45 if live else 1.0,
        eta_s=75.0 if live else None,
        figures={"loss": 0.51, "top1": 0.833, "img_per_s": 107.0} if live else {},
    )
    status.write(run.status, replace(written, exit_code=None if live else 0))
