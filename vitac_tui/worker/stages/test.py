"""Evaluate the test set once, after every selection has been made."""

from __future__ import annotations

from vitac_tui.models.files import load_model
from vitac_tui.runs import events
from vitac_tui.worker.stages.assess import evaluation
from vitac_tui.worker.stages.engine import Engine
from vitac_tui.worker.stages.predictions import write_predictions
from vitac_tui.worker.stages.prune import final_row
from vitac_tui.worker.stages.row_names import dense_row, seed_prefix
from vitac_tui.worker.stages.score import score
from vitac_tui.worker.stages.seal import seal


def final_rows(engine: Engine, seed: int) -> dict[str, str]:
    """Return the row id of the final model, for dense and each variant of a seed."""
    return {
        "dense": dense_row(engine.experiment, seed),
        **{
            variant.name: final_row(engine, seed, variant) for variant in engine.experiment.variants
        },
    }


def test_models(engine: Engine) -> None:
    """Evaluate the models set by `evaluate.test` on the test images."""
    if not engine.data.table.rows("test") or engine.prepared.eval_split == "test":
        return
    images = engine.data.test(seal(engine.experiment, engine.selected()))
    every = engine.experiment.evaluate.test == "all"
    for seed in engine.experiment.all_seeds:
        for variant, final in final_rows(engine, seed).items():
            unit = f"{seed_prefix(engine.experiment, seed)}test/{variant}"
            if engine.units.done(unit):
                continue
            rows = [
                row["id"]
                for row in engine.recorded().models
                if row["variant"] == variant and row["seed"] == seed
            ]
            with engine.units.begin(unit) as report:
                # A final row may be dense, which is tested already.
                for row_id in rows if every else {final} & set(rows):
                    model = engine.place(load_model(engine.run.checkpoints / row_id).model)
                    result = score(
                        engine.prepared,
                        engine.context,
                        model,
                        images,
                        "test",
                        report,
                        engine.features,
                    )
                    write_predictions(engine, f"{row_id}.test", result, images)
                    scored = evaluation(engine, seed, row_id, result, images, unit)
                    engine.context.emit(events.TestEvaluated(row_id, scored), unit)
