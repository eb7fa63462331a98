"""`samples.csv` of a run: the sample table as the run used it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from vitac_tui.data.table import SPLITS, Sample, SampleTable
from vitac_tui.errors import UserError
from vitac_tui.system.atomic import write_atomic
from vitac_tui.system.files import read_bytes

COLUMNS: tuple[str, ...] = (
    *("path", "class", "class_name", "group", "frame", "split", "content_hash"),
    *("session", "modality", "pair"),
)

_LARGEST = 1 << 28  # bytes; a million images take 150 MB


def write_samples_csv(path: Path, table: SampleTable, hashes: Sequence[str]) -> None:
    """Write one row per sample, in the table's order, as UTF-8. Other bytes in names are kept.

    Args:
        path: the file; replaced atomically.
        table: the samples.
        hashes: content hash of each sample; "" if unknown.
    """
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    # The csv module quotes a single carriage return only with QUOTE_ALL.
    quoting = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for sample, content_hash in zip(table.samples, hashes, strict=True):
        row = (
            sample.path,
            str(sample.label),
            sample.class_name,
            sample.group,
            str(sample.frame),
            sample.split,
            content_hash,
            sample.session,
            sample.modality,
            sample.pair,
        )
        (quoting if any("\r" in text for text in row) else writer).writerow(row)
    write_atomic(path, file.getvalue().encode("utf-8", "surrogateescape"))


def read_samples_csv(path: Path) -> tuple[Sample, ...]:
    """Read the samples that `write_samples_csv` wrote.

    Raises:
        UserError: the file is missing or has another content; with the line.
    """
    data = read_bytes(path, largest=_LARGEST, remedy="name a run that has read its dataset")
    text = io.StringIO(data.decode("utf-8", "surrogateescape"), newline="")
    reader = csv.DictReader(text)
    samples: list[Sample] = []
    try:
        for row in reader:
            if None in row or None in row.values():
                raise ValueError("wrong number of fields")
            sample = Sample(
                path=row["path"],
                label=int(row["class"]),
                class_name=row["class_name"],
                group=row["group"],
                session=row["session"],
                frame=int(row["frame"]),
                modality=row["modality"],
                pair=row["pair"],
                split=row["split"],
            )
            if sample.split not in SPLITS:
                raise UserError(
                    f"the split {sample.split!r} is not one of {', '.join(SPLITS)}",
                    where=f"{path}:{reader.line_num}",
                    remedy="restore the file, or make a new split",
                )
            samples.append(sample)
    except (KeyError, TypeError, ValueError, csv.Error):
        raise UserError(
            "this is not the samples.csv of a run",
            where=f"{path}:{reader.line_num}",
            remedy="restore the file, or make a new split",
        ) from None
    return tuple(samples)
