"""Training in fp16: scaled losses, skipped steps, and going on in the middle."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from bench import RECIPE, TRAIN, Bench, Small, equal, small
from torch.amp.grad_scaler import GradScaler

from vitac_tui.experiment.registries import OPTIMIZERS
from vitac_tui.pruning.apply import Prunable
from vitac_tui.pruning.mask_hook import hold_masks
from vitac_tui.runs import events
from vitac_tui.runs.interrupt import Interrupted
from vitac_tui.training import loop


def recipe(optimizer: str = "adam", epochs: int = 3) -> loop.Recipe:
    train = TRAIN.model_copy(update={"optimizer": optimizer})
    return replace(RECIPE, train=train, precision="fp16", epochs=epochs)


@pytest.fixture
def scale(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the scale that a training begins with; with 2**22, gradients overflow for some steps."""

    def begin(first: float) -> None:
        monkeypatch.setattr(loop, "loss_scaler", lambda *_: GradScaler("cpu", init_scale=first))

    return begin


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_training_in_fp16_learns_what_one_in_fp32_learns(tmp_path: Path, optimizer: str) -> None:
    losses = []
    for precision in ("fp16", "fp32"):
        folder = tmp_path / precision
        folder.mkdir()
        how = replace(recipe(optimizer, 12), precision=precision, augment="none")
        losses.append(Bench(folder).fit(small(), how).train["loss"])
    assert losses[0] < 1.0
    assert losses[0] == pytest.approx(losses[1], abs=0.05)
    assert losses[0] != losses[1]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_steps_that_overflow_are_no_divergence(
    tmp_path: Path, optimizer: str, scale: Callable[[float], None]
) -> None:
    scale(2.0**22)
    model, bench = small(), Bench(tmp_path, "1 epoch")
    outcome = bench.fit(model, recipe(optimizer))
    assert outcome.state == "finished"
    state = torch.load(bench.path, weights_only=True)
    assert 1.0 <= state["scaler"]["scale"] < 2.0**22  # some were skipped
    assert all(value.isfinite().all() for value in model.state_dict().values())
    assert not equal(model, small())
    assert len(bench.of(events.TrainStep)) == 9


@pytest.mark.parametrize("schedule", ["onecycle", "cosine"])
def test_the_schedule_goes_by_batches_whether_or_not_their_steps_are_skipped(
    tmp_path: Path, schedule: str, scale: Callable[[float], None]
) -> None:
    rates = []
    for first in (1.0, 2.0**22):
        scale(first)
        folder = tmp_path / str(first)
        folder.mkdir()
        bench, how = Bench(folder), recipe()
        how = replace(how, train=how.train.model_copy(update={"schedule": schedule}))
        bench.fit(small(), how)
        rates.append([event.learning_rate for event in bench.of(events.TrainStep)])
    assert rates[0] == rates[1]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("first", [2.0**16, 2.0**22])
@pytest.mark.parametrize("step", [1, 4])
def test_a_training_in_fp16_goes_on_bit_for_bit(
    tmp_path: Path, optimizer: str, first: float, step: int, scale: Callable[[float], None]
) -> None:
    scale(first)
    (tmp_path / "whole").mkdir()
    undisturbed, model = small(), Small()
    whole = Bench(tmp_path / "whole").fit(undisturbed, recipe(optimizer))
    stopped = Bench(tmp_path)
    stopped.stop_at = step
    with pytest.raises(Interrupted):
        stopped.fit(small(), recipe(optimizer))
    scale(2.0**16)  # what another process begins with, before it reads the state
    outcome = Bench(tmp_path).fit(model, recipe(optimizer))
    assert equal(model, undisturbed)
    assert outcome.train == whole.train


def test_masks_hold_when_steps_are_skipped(tmp_path: Path, scale: Callable[[float], None]) -> None:
    scale(2.0**22)
    model = small()
    kept = torch.rand_like(model.fc.weight) < 0.5
    state = Prunable(model, {"fc.weight": kept})
    with torch.no_grad():
        model.fc.weight.masked_fill_(~kept, 0.0)
    seen = []

    def validate() -> dict[str, float]:
        seen.append(bool((model.fc.weight == 0).eq(~kept).all()))
        return {"loss": 1.0, "top1": 0.5}

    hold = lambda optimizer: hold_masks(optimizer, state)  # noqa: E731
    Bench(tmp_path).fit(model, recipe(), validate=validate, after_building=hold)
    assert seen == [True] * 3


def test_a_state_from_before_there_was_a_scaler_is_gone_on_from(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    undisturbed, model = small(), small()
    Bench(tmp_path / "whole").fit(undisturbed)
    stopped = Bench(tmp_path)
    stopped.stop_at = 4
    with pytest.raises(Interrupted):
        stopped.fit(small())
    state = torch.load(stopped.path, weights_only=True)
    del state["scaler"]
    for new in ("told_loss", "told_seen", "finite"):
        del state["position"][new]
    torch.save(state, stopped.path)
    Bench(tmp_path).fit(model)
    assert equal(model, undisturbed)


def test_a_scale_that_only_falls_leaves_a_warning(
    tmp_path: Path, scale: Callable[[float], None]
) -> None:
    scale(0.25)
    bench = Bench(tmp_path)
    bench.fit(small(), recipe(epochs=1))
    (note,) = bench.of(events.Note)
    assert note.level == "warning"
    assert "loss scale fell to 0.25" in note.text
