"""Run a job that reads a dataset in a thread, with progress reports and cancellation."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from vitac_tui.errors import UserError, one_line
from vitac_tui.tui.reading.survey import DatasetView, Progress

REPORT_S = 0.5  # shortest time between two progress reports


class _CancelledError(Exception):
    """The user has chosen another dataset, so the job's result is not needed."""


def run_job(
    job: Callable[[Progress], DatasetView], report: Progress, cancelled: Callable[[], bool]
) -> DatasetView | str | None:
    """Return the job's result, a one-line error message, or None if it was cancelled.

    Args:
        job: reads a dataset and reports its progress.
        report: receives the progress, at most once per `REPORT_S`.
        cancelled: tells whether the result is no longer needed.
    """
    last = time.monotonic()

    def progress(text: str) -> None:
        nonlocal last
        if cancelled():
            raise _CancelledError
        if time.monotonic() - last > REPORT_S:
            last = time.monotonic()
            report(text)

    try:
        return job(progress)
    except _CancelledError:
        return None
    except (UserError, OSError) as problem:
        return one_line(str(problem))
    except Exception as problem:  # shown, or the screen would stay in its reading state
        logging.getLogger(__name__).exception("reading a dataset")
        return one_line(f"unexpected error: {type(problem).__name__}: {problem}")
