"""Write training scalars and the curve of every variant to TensorBoard files.

TensorBoard's own writer is used because torch's would import torch.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tensorboard.compat.proto.event_pb2 import Event as TbEvent
from tensorboard.compat.proto.event_pb2 import SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.event_file_writer import EventFileWriter

from vitac_tui.runs import events
from vitac_tui.runs.metrics import METRICS
from vitac_tui.runs.rows import ModelRow, epoch_items


class TensorBoard:
    """Writes a log's events below `folder`, one series per training and per variant."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, Any] = {}

    def write(self, record: events.Record) -> None:
        """Write the scalars of one record; most records have none."""
        match record.event:
            case events.TrainStep(step=step, loss=loss, learning_rate=rate):
                self._scalars(_training(record.unit), step, record.t, loss=loss, learning_rate=rate)
            case events.EpochFinished() as epoch:
                scores = epoch_items("train", epoch.train) + epoch_items("val", epoch.val)
                self._scalars(_training(record.unit), epoch.step, record.t, **dict(scores))
            case events.ModelEvaluated(row=row):
                # One series per rung and seed; the step is the amount in percent.
                name = f"{record.unit.partition('/point/')[0]}/{row['rung']}"
                self._scalars(name, round(100 * (row["amount"] or 0.0)), record.t, **_of_model(row))
            case _:
                pass

    def close(self) -> None:
        """Flush and close all files."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def _scalars(self, series: str, step: int, t: float, **scalars: float | None) -> None:
        writer = self._writers.get(series)
        if writer is None:
            folder = self._folder / series
            writer = self._writers[series] = EventFileWriter(str(folder))
            # Tells TensorBoard to discard later steps, which a resumed training repeats.
            start = SessionLog(status=SessionLog.START)
            writer.add_event(TbEvent(wall_time=t, step=step, session_log=start))
        values = [
            Summary.Value(tag=tag, simple_value=value)
            for tag, value in scalars.items()
            if value is not None
        ]
        writer.add_event(TbEvent(wall_time=t, step=step, summary=Summary(value=values)))


def _of_model(row: ModelRow) -> dict[str, float | None]:
    partial = bool(row["eval"].get("stopped"))  # scores of some of the images are not comparable
    return {
        metric.name: metric.value(row)
        for metric in METRICS
        if metric.tensorboard and not (partial and metric.key.startswith("eval."))
    }


def _training(unit: str) -> str:
    """Return the unit of the training: `rate/0` for `rate/0/epoch/3`."""
    return re.sub(r"/epoch/\d+$", "", unit)
