"""Preview pruning steps on a run's trained model, without starting a run.

Settings, device, precision, masks and seeds are those of a run with `from_run`, so the results are
those of a run with the same steps. Nothing is written.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from vitac_tui.errors import UserError
from vitac_tui.evaluation.accuracy import Predictions
from vitac_tui.evaluation.cost import cost
from vitac_tui.evaluation.features import Features
from vitac_tui.evaluation.metrics import EvalResult
from vitac_tui.experiment import pruning_preset
from vitac_tui.experiment.prune import Step, amounts
from vitac_tui.experiment.settings import Experiment
from vitac_tui.loading.batches import Batch, ImageSet
from vitac_tui.models.files import load_model
from vitac_tui.pruning.apply import Prunable, StepReport
from vitac_tui.runs import events
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.interrupt import Interrupter
from vitac_tui.runs.progress import Progress, Report
from vitac_tui.training.devices import Picked, pick
from vitac_tui.training.seeding import choose_algorithms
from vitac_tui.worker.prepare import Prepared, prepare
from vitac_tui.worker.process.environment import picked_before
from vitac_tui.worker.stages.assess import assessed, class_names
from vitac_tui.worker.stages.caveats import caveats
from vitac_tui.worker.stages.dataset import Loaded, load
from vitac_tui.worker.stages.engine import placed
from vitac_tui.worker.stages.predictions import predictions_of, read_predictions
from vitac_tui.worker.stages.row_names import dense_row
from vitac_tui.worker.stages.score import score
from vitac_tui.worker.stages.steps import Stepper

T = TypeVar("T")
OMITTED = ("wall_s", "img_per_s", "per_class", "confusion")  # from a previewed score
Tables = Sequence[dict[str, Any]]  # steps as in a preset's [[prune]] tables


@dataclass
class _AppliedSteps:
    """The model after the first steps of a list, so that changing a later step is quick."""

    key: list[str]
    state: Prunable
    reports: list[StepReport]

    def copy(self) -> _AppliedSteps:
        return _AppliedSteps(list(self.key), self.state.copy(), list(self.reports))


class TryOut:
    """The dense model of a run, and previews of pruning steps on it.

    Raises:
        UserError: the run cannot be read or has no trained model.
    """

    def __init__(self, run: RunDir) -> None:
        self._run = run
        self._source = run.load_experiment()
        self.note = ""  # why results may differ from those of the run; "" if they do not
        self.picked = self._pick()
        choose_algorithms(self.picked.device, deterministic=self._source.deterministic)
        self._seed = self._source.all_seeds[0]
        loaded = load_model(run.dense(self._seed))
        self._dense = Prunable(placed(loaded.model, self.picked), loaded.masks)
        self._image_size = self._source.dataset.image_size
        self._data: tuple[Prepared, Loaded] | None = None
        self._dense_predictions: Predictions | None = None  # on validation
        self._features = Features()
        self._before: list[str] = []  # the steps of the last request
        self._applied = _AppliedSteps([], self._dense, [])

    def size(self, tables: Tables, keep_masks: bool, interrupter: Interrupter) -> dict[str, Any]:
        """Return parameters, weights and MACs after the steps, and what each step removed.

        Recovery changes none of these, so it is skipped.

        Raises:
            UserError: a step is wrong or does not fit.
            Interrupted: by `interrupter`.
        """
        steps = self._steps(tables, keep_masks)
        keys = [json.dumps([keep_masks, table], sort_keys=True) for table in tables]
        same = _common(keys, self._before)
        self._before = keys
        if _common(keys, self._applied.key) < len(self._applied.key):
            self._applied = _AppliedSteps([], self._dense, [])
        at = self._applied.copy()
        stepper = self._stepper(keep_masks, interrupter)
        for number in range(len(at.key), len(steps)):
            if number == same > len(self._applied.key):
                self._applied = at.copy()
            at.reports.append(_apply(stepper, at.state, number, steps[number]))
            at.key.append(keys[number])
        return self._metrics(at.state, at.reports)

    def score(
        self, tables: Tables, keep_masks: bool, interrupter: Interrupter, report: Report
    ) -> dict[str, Any]:
        """Return the validation scores after the steps and batch-norm updates, without fine-tuning.

        They include intervals and the comparison with the dense model, as in a run's row.

        Raises:
            UserError: a step is wrong, or there are no validation images.
            Interrupted: by `interrupter`.
        """
        steps = self._steps(tables, keep_masks)
        prepared, data = self._loaded(interrupter)
        if not data.table.rows("val"):
            raise UserError(
                "there are no validation images, and test images must not be used for selection",
                where=self._run.name,
            )
        stepper = self._stepper(keep_masks, interrupter)
        state, reports, rung = self._dense.copy(), [], "raw"
        for number, step in enumerate(steps):
            reports.append(_apply(stepper, state, number, step))
            rung = "bn" if step.recover.bn_batches else "raw"
            if rung == "bn":
                stepper.recalibrate(state, step)
        metrics = self._metrics(state, reports)
        images = data.scored()
        result = self._score(state, images, interrupter, report)
        answers = predictions_of(result, images, data.table)
        dense = self._predictions_of_dense(images, interrupter, report) if steps else None
        measured = result.row(data.class_names)
        scores = {
            **{key: value for key, value in measured.items() if key not in OMITTED},
            **assessed(answers, dense, class_names(prepared, data)),
        }
        tuned = ["before fine-tuning"] if any(step.recover.epochs for step in steps) else []
        return {
            "figures": metrics,
            "eval": scores,
            "rung": rung,
            "note": "; ".join([*tuned, *caveats(prepared)]),
        }

    def _score(
        self, state: Prunable, images: ImageSet, interrupter: Interrupter, report: Report
    ) -> EvalResult:
        prepared, _ = self._loaded(interrupter)
        context = _context(interrupter)
        return score(prepared, context, state.model, images, "val", report, self._features)

    def _predictions_of_dense(
        self, images: ImageSet, interrupter: Interrupter, report: Report
    ) -> Predictions:
        """Return the recorded predictions; evaluate the dense model if they cannot be read."""
        if self._dense_predictions is None:
            _, data = self._loaded(interrupter)
            name = f"{dense_row(self._source, self._seed)}.val"
            try:
                self._dense_predictions = read_predictions(self._run, name, images, data.table)
            except UserError:
                result = self._score(self._dense, images, interrupter, report)
                self._dense_predictions = predictions_of(result, images, data.table)
        return self._dense_predictions

    def _pick(self) -> Picked:
        try:
            return picked_before(self._run, self._source)
        except UserError as problem:
            picked = pick("auto", self._source.precision)
            self.note = (
                f"{problem.what}: results are from {picked.device} in {picked.precision} "
                "and may differ from the run's"
            )
            return picked

    def _experiment(self, variants: Sequence[pruning_preset.Variant]) -> Experiment:
        return pruning_preset.resolve(str(self._run.path), self._source, variants)

    def _steps(self, tables: Tables, keep_masks: bool) -> tuple[Step, ...]:
        if not tables:
            return ()
        variant = {"name": pruning_preset.MAIN, "keep_masks": keep_masks, "prune": list(tables)}
        steps = self._experiment([variant]).variants[0].prune
        if amounts(steps):
            raise UserError("a sweep cannot be previewed", remedy="set a single amount")
        return steps

    def _stepper(self, keep_masks: bool, interrupter: Interrupter) -> Stepper:
        def batches() -> Iterator[Batch]:
            _, data = self._loaded(interrupter)
            return data.recovery_batches(self._seed, self._source.train.batch_size)

        return Stepper(self._seed, keep_masks, self._image_size, self.picked, batches, interrupter)

    def _loaded(self, interrupter: Interrupter) -> tuple[Prepared, Loaded]:
        if self._data is None:
            # Previews use the run's images, so an overlap is allowed and shown as a caveat.
            experiment = self._experiment([])
            allowed = experiment.evaluate.model_copy(update={"allow_overlap": True})
            experiment = experiment.model_copy(update={"evaluate": allowed})
            prepared = prepare(experiment, None, picked=self.picked)
            data = load(prepared, self._run, _context(interrupter), record=False)
            self._data = prepared, data
        return self._data

    def _metrics(self, state: Prunable, reports: Sequence[StepReport]) -> dict[str, Any]:
        counted = asdict(cost(state.model, self._image_size))
        return {**counted, "steps": [asdict(report) for report in reports]}


def _apply(stepper: Stepper, state: Prunable, number: int, step: Step) -> StepReport:
    try:
        return stepper.apply(state, number, step)
    except UserError as problem:
        where = f"step {number + 1}" + (f": {problem.where}" if problem.where else "")
        raise UserError(problem.what, where=where, remedy=problem.remedy) from None


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """Return the length of the common prefix of two lists."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count


def _context(interrupter: Interrupter) -> RunContext:
    """Return a context that records no events and refuses to write."""

    def ignore(event: events.Event, unit: str) -> None:
        pass

    def refuse(write: Callable[[], T]) -> T:
        raise RuntimeError("a preview writes nothing")

    return RunContext(ignore, interrupter, Progress(), refuse)
