"""Run an experiment from its data to its test results, skipping the units already finished."""

from __future__ import annotations

import re

from vitac_tui.runs import events, log, results
from vitac_tui.runs.context import RunContext
from vitac_tui.runs.directory import RunDir
from vitac_tui.training.checkpoints import Checkpointer, load_state
from vitac_tui.training.seeding import choose_algorithms
from vitac_tui.worker.prepare import Prepared
from vitac_tui.worker.stages.dataset import load
from vitac_tui.worker.stages.engine import Engine
from vitac_tui.worker.stages.kept_models import keep_only
from vitac_tui.worker.stages.power import power_note
from vitac_tui.worker.stages.prune import prune_variant
from vitac_tui.worker.stages.test import final_rows, test_models
from vitac_tui.worker.stages.train import train_dense
from vitac_tui.worker.stages.units import Units, plan

FIRST = 1  # `seq` of run_started, which a resume never discards
_EPOCH = re.compile(r"/epoch/[0-9]+$")  # anchored, because a variant may be named "epoch"


def execute(
    prepared: Prepared,
    run: RunDir,
    context: RunContext,
    checkpointer: Checkpointer,
    tally: results.Tally,
) -> None:
    """Run all units that have not finished yet.

    Raises:
        UserError: the data or the training does not allow the run to continue.
        Interrupted: between two batches, after saving the state.
    """
    experiment = prepared.experiment
    choose_algorithms(prepared.picked.device, deterministic=experiment.deterministic)
    finished = finished_units(run)
    data = load(prepared, run, context)
    context.emit(events.DatasetReady(data.summary), "")
    if not finished and (text := power_note(experiment, data.table, prepared.eval_split)):
        context.note(text, level="info")
    units = plan(experiment, data.summary["images"])
    context.emit(events.Plan([list(unit) for unit in units]), "")
    context.progress.plan(units, tuple(finished))
    engine = Engine(prepared, run, data, context, Units(context, finished), checkpointer, tally)
    for seed in experiment.all_seeds:
        train_dense(engine, seed)
        for variant in experiment.variants:
            prune_variant(engine, seed, variant)
    test_models(engine)
    checkpointer.drop()
    keep_only(
        run.checkpoints,
        [row for seed in experiment.all_seeds for row in final_rows(engine, seed).values()],
    )


def finished_units(run: RunDir) -> set[str]:
    """Return the units that finished and were not discarded by a resume."""
    return {
        record.unit
        for record in results.effective(log.read(run.events))
        if isinstance(record.event, events.UnitFinished)
    }


def rewind_to(run: RunDir) -> int:
    """Return the `seq` of the last event whose work need not be repeated.

    Units persist their own results, except epochs, which are covered by the resume state.
    """
    state = load_state(run.resume_state)
    saved = int(state["seq"]) if state else FIRST
    for record in results.effective(log.read(run.events)):
        epoch = _EPOCH.search(record.unit)
        if isinstance(record.event, events.UnitFinished) and not epoch:
            saved = max(saved, record.seq)
    return saved
