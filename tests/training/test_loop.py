"""The training loop: repeatable, resumable at any batch, and clear about how it ended."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from bench import IMAGES, RECIPE, TRAIN, Bench, Small, equal, image_set, small

from vitac_tui.errors import UserError
from vitac_tui.experiment.registries import OPTIMIZERS, SCHEDULES
from vitac_tui.runs import events
from vitac_tui.runs.interrupt import Interrupted
from vitac_tui.training.checkpoints import load_state


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_the_same_seed_gives_the_same_weights_and_learns(
    tmp_path: Path, optimizer: str, schedule: str
) -> None:
    train = TRAIN.model_copy(update={"optimizer": optimizer, "schedule": schedule})
    recipe = replace(RECIPE, train=train, augment="none", epochs=12)
    models, outcomes = [small(), small()], []
    for number, model in enumerate(models):
        folder = tmp_path / str(number)
        folder.mkdir()
        outcomes.append(Bench(folder).fit(model, recipe))
    assert equal(*models)
    assert outcomes[0].train == outcomes[1].train
    assert outcomes[0].train["loss"] < 1.0
    assert not equal(models[0], small())


def test_another_seed_gives_another_order(tmp_path: Path) -> None:
    models = [small(), small()]
    for seed, model in enumerate(models):
        folder = tmp_path / str(seed)
        folder.mkdir()
        Bench(folder).fit(model, replace(RECIPE, seed=seed))
    assert not equal(*models)


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 7])
@pytest.mark.parametrize("schedule", ["onecycle", "cosine"])
def test_a_training_stopped_at_any_batch_resumes_bit_for_bit(
    tmp_path: Path, step: int, schedule: str
) -> None:
    recipe = replace(RECIPE, train=TRAIN.model_copy(update={"schedule": schedule}))
    (tmp_path / "whole").mkdir()
    undisturbed = small()
    whole = Bench(tmp_path / "whole").fit(undisturbed, recipe)
    first = Bench(tmp_path)
    first.stop_at = step
    with pytest.raises(Interrupted):
        first.fit(small(), recipe)
    torch.manual_seed(99)  # another process starts with other random state
    model = Small()
    outcome = Bench(tmp_path).fit(model, recipe)
    assert equal(model, undisturbed)
    assert (outcome.train, outcome.epochs) == (whole.train, whole.epochs)


def test_a_state_of_another_training_is_not_taken(tmp_path: Path) -> None:
    first = Bench(tmp_path)
    first.stop_at = 5
    with pytest.raises(Interrupted):
        first.fit(small())
    (tmp_path / "other").mkdir()
    undisturbed, model = small(), small()
    Bench(tmp_path / "other").fit(undisturbed, unit="v")
    Bench(tmp_path).fit(model, unit="v")
    assert equal(model, undisturbed)


def test_checkpoints_come_as_often_as_asked(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "2 epochs")
    bench.fit(small())
    assert [event.epoch for event in bench.of(events.CheckpointSaved)] == [2]
    state = load_state(bench.path)
    assert state is not None
    assert state["unit"] == "u"
    assert 0 < state["seq"] <= len(bench.events)


def test_a_request_saves_in_the_middle_of_an_epoch(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "9 epochs")
    bench.interrupter.ask_for_checkpoint()
    bench.fit(small())
    (saved,) = bench.of(events.CheckpointSaved)
    assert (saved.epoch, saved.step) == (0, 1)


def test_the_best_epoch_on_validation_is_kept(tmp_path: Path) -> None:
    scores = iter([0.5, 0.9, 0.9])
    seen: list[dict[str, torch.Tensor]] = []
    model = small()

    def validate() -> dict[str, float]:
        seen.append({key: value.clone() for key, value in model.state_dict().items()})
        return {"top1": next(scores), "loss": 1.0}

    recipe = replace(RECIPE, train=TRAIN.model_copy(update={"keep": "best"}))
    outcome = Bench(tmp_path).fit(model, recipe, validate=validate)
    assert outcome.kept_epoch == 2
    assert outcome.kept_val == {"top1": 0.9, "loss": 1.0}
    assert all(torch.equal(seen[1][key], value) for key, value in model.state_dict().items())


def test_the_last_epoch_is_kept_by_default(tmp_path: Path) -> None:
    scores = iter([0.9, 0.5, 0.1])
    outcome = Bench(tmp_path).fit(small(), validate=lambda: {"top1": next(scores), "loss": 1.0})
    assert (outcome.kept_epoch, outcome.kept_val) == (3, {"top1": 0.1, "loss": 1.0})


def test_a_loss_that_is_not_finite_ends_the_training_as_diverged(tmp_path: Path) -> None:
    model = small()
    with torch.no_grad():
        model.fc.weight.fill_(torch.nan)
    bench = Bench(tmp_path)
    assert bench.fit(model).state == "diverged"
    assert len(bench.of(events.EpochFinished)) == 1


def test_classes_can_weigh_differently(tmp_path: Path) -> None:
    models = [small(), small()]
    for number, weights in enumerate([None, torch.tensor([1.0, 0.0, 0.0])]):
        folder = tmp_path / str(number)
        folder.mkdir()
        Bench(folder).fit(models[number], replace(RECIPE, class_weights=weights))
    assert not equal(*models)
    with torch.inference_mode():
        outputs = models[1].eval()(image_set().batch(torch.arange(IMAGES))[0])
    assert (outputs.argmax(1) == 0).all()


def test_a_training_without_memory_names_a_remedy(tmp_path: Path) -> None:
    class Hungry(Small):
        def forward(self, images: torch.Tensor) -> torch.Tensor:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")

    with pytest.raises(UserError, match=r"Tried to allocate 20\.00 GiB") as caught:
        Bench(tmp_path).fit(Hungry())
    assert "train.batch_size" in str(caught.value)
    assert "try 2" in str(caught.value)


@pytest.mark.parametrize("wrong", [None, 7, torch.zeros(3)], ids=repr)
@pytest.mark.parametrize(
    "key", ["position", "outcome", "model", "best", "optimizer", "schedule", "rng"]
)
def test_a_resume_state_that_does_not_fit_is_refused_in_one_line(
    tmp_path: Path, key: str, wrong: object
) -> None:
    first = Bench(tmp_path)
    first.stop_at = 1
    with pytest.raises(Interrupted):
        first.fit(small())
    state = torch.load(first.path, weights_only=True)
    torch.save({**state, key: wrong}, first.path)
    with pytest.raises(UserError, match=r"resume\.pt: cannot be read as a resume state"):
        Bench(tmp_path).fit(small())
