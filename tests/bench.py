"""A training without a run around it: a small network, a few images, what the loop reports to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from vitac_tui.experiment.stages import TrainSettings
from vitac_tui.images.spec import ImageSpec
from vitac_tui.loading.batches import ImageSet
from vitac_tui.runs import events
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.interrupt import Interrupter, Interruption
from vitac_tui.runs.progress import Progress, Report
from vitac_tui.training.checkpoints import Checkpointer
from vitac_tui.training.loop import Trainer
from vitac_tui.training.recipe import Recipe, TrainingResult

TRAIN = TrainSettings(epochs=3, batch_size=4)
RECIPE = Recipe(TRAIN, 1e-2, 3, 0, "visual", "standard", "fp32")
IMAGES = 13  # a remainder of one: the last batch is of five


class Small(nn.Module):
    """A network with batch-norm, small enough to train in no time."""

    def __init__(self, classes: int = 3) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(1)
        )
        self.fc = nn.Linear(8, classes)

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return self.fc(self.features(images).flatten(1))


def small() -> Small:
    torch.manual_seed(0)
    return Small()


def image_set(images: int = IMAGES) -> ImageSet:
    drawn = np.random.default_rng(0)
    labels = torch.arange(images) % 3
    pixels = drawn.integers(0, 80, (images, 16, 16, 3), dtype=np.uint8)
    pixels[..., 0] += (labels.numpy() * 80)[:, None, None].astype(np.uint8)
    return ImageSet(pixels, torch.arange(images), labels, torch.device("cpu"), ImageSpec(16))


class Bench:
    """A run without a directory: what the loop needs of one."""

    def __init__(self, folder: Path, every: str = "1 epoch") -> None:
        self.events: list[events.Event] = []
        self.interrupter = Interrupter()
        self.context = RunContext(self.emit, self.interrupter, Progress())
        self.path = folder / "resume.pt"
        self.checkpointer = Checkpointer(
            self.path, every, seq=lambda: len(self.events), emit=self.emit
        )
        self.stop_at = 0

    def emit(self, event: events.Event, unit: str = "") -> None:
        self.events.append(event)
        if isinstance(event, events.TrainStep) and event.step == self.stop_at:
            self.interrupter.interrupt(Interruption("test"))

    @contextmanager
    def scope(self, epoch: int) -> Iterator[Report]:
        yield self.context.progress.start(f"u/epoch/{epoch}")

    def fit(self, model: nn.Module, recipe: Recipe = RECIPE, **more: Any) -> TrainingResult:
        outcome = Trainer(
            model,
            more.pop("images", image_set()),
            recipe,
            context=self.context,
            unit=more.pop("unit", "u"),
            epoch_scope=self.scope,
            validate=more.pop("validate", None),
            checkpointer=self.checkpointer,
            **more,
        ).run()
        self.checkpointer.wait()
        return outcome

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


def equal(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)
