"""Which events a resume discards."""

from pathlib import Path

from vitac_tui.runs import events
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.log import EventLog
from vitac_tui.worker.execute import rewind_to


def test_only_epochs_are_repeated_even_with_a_variant_named_epoch(tmp_path: Path) -> None:
    run = RunDir(tmp_path)
    run.checkpoints.mkdir()
    units = ["rate/0/epoch/1", "variant/epoch/point/0/raw", "variant/epoch/point/0/epoch/2"]
    with EventLog(run.events) as log:
        log.append(events.RunStarted(1, "r", "n", "e", "cpu", "fp32", (0,)))
        for unit in units:
            log.append(events.UnitFinished(0.1), unit)
    assert rewind_to(run) == 3  # of run_started, an epoch, and the point
