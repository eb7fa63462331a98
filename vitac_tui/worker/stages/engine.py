"""The objects that all stages of a run share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from vitac_tui.evaluation.features import Features
from vitac_tui.experiment.settings import Experiment
from vitac_tui.models.card import ModelCard
from vitac_tui.models.files import save_model
from vitac_tui.models.lineage import Lineage
from vitac_tui.runs import events, results
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.directory import RunDir
from vitac_tui.training.checkpoints import Checkpointer
from vitac_tui.training.devices import Picked
from vitac_tui.worker.prepare import Prepared
from vitac_tui.worker.stages.dataset import Loaded
from vitac_tui.worker.stages.units import Units


@dataclass(frozen=True)
class Engine:
    """The objects that stages share, created once by `execute`; `tally` has the results so far."""

    prepared: Prepared
    run: RunDir
    data: Loaded
    context: RunContext
    units: Units
    checkpointer: Checkpointer
    tally: results.Tally
    features: Features = field(default_factory=Features)

    @property
    def experiment(self) -> Experiment:
        """The settings."""
        return self.prepared.experiment

    @property
    def picked(self) -> Picked:
        """The device and precision."""
        return self.prepared.picked

    def place(self, model: nn.Module) -> nn.Module:
        """Move a model to the run's device, in the memory format of the images."""
        return placed(model, self.picked)

    def save(
        self,
        name: str,
        model: nn.Module,
        card: ModelCard,
        masks: Mapping[str, Tensor] | None = None,
    ) -> None:
        """Save a model in the run directory."""
        stem = self.run.checkpoints / name
        self.context.store(lambda: save_model(stem, model, card, masks))

    def recorded(self) -> results.Results:
        """Return the results so far, from the log."""
        return self.tally.now()

    def selected(self) -> list[events.Selected]:
        """Return the selections so far, from the log."""
        return [events.Selected(**choice) for choice in self.recorded().selected]

    def card(self, steps: list[dict[str, Any]], *, trained: bool) -> ModelCard:
        """Return the card for a model file of this run.

        Args:
            steps: the pruning steps applied.
            trained: whether the model has seen this run's training images.
        """
        dataset, data = self.experiment.dataset, self.data
        lineage = self.prepared.start or Lineage()
        return ModelCard(
            schema=1,
            arch=self.experiment.model.arch,
            num_classes=self.prepared.num_classes,
            class_names=data.class_names,
            image_size=data.spec.image_size,
            fit=data.spec.fit,
            modality=dataset.modality,
            mean=data.spec.mean,
            std=data.spec.std,
            steps=tuple(steps),
            extra={
                "class_ids": list(data.class_ids),
                **(lineage.also(data.lineage) if trained else lineage).extra(),
            },
        )


def placed(model: nn.Module, picked: Picked) -> nn.Module:
    """Move a model to a device, in the memory format of the images."""
    return model.to(picked.device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
