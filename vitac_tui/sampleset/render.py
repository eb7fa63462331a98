"""Rendering a sample set into a folder: in parallel, and resumable after an interruption."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vitac_tui.errors import UserError
from vitac_tui.sampleset.files import (
    claim,
    list_paths,
    missing_frames,
    write_image,
    write_lists,
)
from vitac_tui.sampleset.spec import MODALITIES, SampleSpec, image_path
from vitac_tui.sampleset.tactile import render_tactile
from vitac_tui.sampleset.visual import render_visual

#: Starting processes takes as long as rendering about this many images.
_WORTH_A_POOL = 48

_RENDERERS: dict[str, Callable[[int, int, int, SampleSpec], npt.NDArray[np.uint8]]] = {
    "visual": render_visual,
    "tactile": render_tactile,
}


@dataclass(frozen=True)
class _Job:
    """Frames of one press to render. They share most of the work, so one process does all."""

    folder: Path
    spec: SampleSpec
    modality: str
    class_index: int
    press: int
    frames: tuple[int, ...]


def render_sample(
    folder: Path,
    spec: SampleSpec,
    modalities: tuple[str, ...] = MODALITIES,
    *,
    progress: Callable[[int, int], None] | None = None,
    workers: int = 0,
) -> None:
    """Render the sample set into `folder`, laid out like ViTac, or complete an earlier rendering.

    Images are `vis<id>/photo<P>_<tile>.png` and `CD<id>/press<P>_<frame>.png`. The lists
    `<modality>_train.txt` and `<modality>_test.txt` are written last and mark a modality as
    complete. A complete modality is not rendered again, and a modality can be added later. Equal
    specs give equal bytes, for any number of workers.

    Args:
        folder: a new or empty folder, or that of the same set.
        spec: what to render.
        modalities: which of "visual" and "tactile".
        progress: called in this thread with the number of images that exist and in total. If it
            raises, the rendering stops; complete images and no lists are left.
        workers: number of processes; 0 is one per available core, 1 is only this process.
            Processes are spawned, so a script that calls this needs a `__main__` guard.

    Raises:
        UserError: an unknown modality, a folder with other files, or files that cannot be written.
    """
    unknown = [name for name in modalities if name not in _RENDERERS]
    if unknown:
        raise UserError(
            f"unknown modality {unknown[0]!r}", remedy=f"choose from {', '.join(_RENDERERS)}"
        )
    if workers < 0:
        raise UserError(f"{workers} workers", where="workers", remedy="give 0 or more")
    with _plain_errors(folder):
        claim(folder, spec)
        work = {name: _jobs(folder, spec, name) for name in dict.fromkeys(modalities)}

    total = len(work) * spec.classes * spec.presses * spec.frames
    left = sum(len(job.frames) for jobs in work.values() for job in jobs)
    report = progress or (lambda done, total: None)
    report(total - left, total)
    processes = min(_processes(workers, left), max(1, sum(map(len, work.values()))))
    with _runner(processes) as run:
        for modality, jobs in work.items():
            drawn = run(jobs)
            while (frames := _next(drawn, folder)) is not None:
                left -= frames
                report(total - left, total)
            if jobs or not _lists_exist(folder, modality):
                with _plain_errors(folder):
                    write_lists(folder, modality, spec)


def _lists_exist(folder: Path, modality: str) -> bool:
    return all(path.is_file() for path in list_paths(folder, modality))


def _jobs(folder: Path, spec: SampleSpec, modality: str) -> list[_Job]:
    """Return the images of a modality that are still to be rendered."""
    looked_complete = _lists_exist(folder, modality)
    jobs = []
    for class_index in range(spec.classes):
        for press in range(spec.presses):
            frames = missing_frames(folder, modality, spec, class_index, press)
            if frames:
                jobs.append(_Job(folder, spec, modality, class_index, press, tuple(frames)))
    if looked_complete and jobs:
        # Images were deleted. This is not a race: lists are written after all images.
        for path in list_paths(folder, modality):
            path.unlink(missing_ok=True)
    return jobs


def _draw(job: _Job) -> int:
    """Render and write the frames of a job; return their number."""
    for frame in job.frames:
        path = job.folder / image_path(job.modality, job.class_index, job.press, frame)
        path.parent.mkdir(exist_ok=True)
        render = _RENDERERS[job.modality]
        write_image(path, render(job.class_index, job.press, frame, job.spec))
    return len(job.frames)


def _processes(workers: int, images: int) -> int:
    if workers:
        return workers
    if images < _WORTH_A_POOL:
        return 1
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def _runner(processes: int) -> Iterator[Callable[[list[_Job]], Iterator[int]]]:
    """Yield a function that renders jobs and yields the number of frames of each finished one."""
    if processes == 1:
        yield lambda jobs: map(_draw, jobs)
        return
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start_worker,
    )
    try:
        yield lambda jobs: (
            done.result() for done in as_completed([pool.submit(_draw, job) for job in jobs])
        )
    finally:
        # After an error or Ctrl-C, current jobs are finished and no others are started.
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    """Ignore Ctrl-C, which the parent handles, and exit when the parent does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_exit_with_parent, daemon=True).start()


def _exit_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        # If the parent is killed, the pool would wait for its next job forever.
        os._exit(1)


def _next(drawn: Iterator[int], folder: Path) -> int | None:
    with _plain_errors(folder):
        return next(drawn, None)


@contextmanager
def _plain_errors(folder: Path) -> Iterator[None]:
    """Turn errors of the disk or the system into a UserError."""
    try:
        yield
    except OSError as error:
        raise UserError(
            f"cannot write the sample set: {error.strerror or error}",
            where=str(error.filename or folder),
            remedy="free disk space, or name a folder that can be written",
        ) from error
    except BrokenProcessPool as error:
        raise UserError(
            "a rendering process ended early",
            where=str(folder),
            remedy="render again, which continues where it stopped, or use one worker",
        ) from error
