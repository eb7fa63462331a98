"""`runs --clean`: delete files that no result depends on, after asking."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from vitac_tui.errors import UserError, counted, one_line
from vitac_tui.images.cache import IMAGES_FOLDER
from vitac_tui.images.unused import remove_set, unused_sets
from vitac_tui.runs import directory, status
from vitac_tui.runs.claim import claimed
from vitac_tui.runs.directory import RunDir
from vitac_tui.system.atomic import TEMPORARY
from vitac_tui.system.dirs import cache_root

UNUSED_DAYS = 30.0
_DAY_S = 24 * 60 * 60


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _remove_set(folder: Path) -> None:
    if not remove_set(folder):
        raise UserError("is in use")


@dataclass(frozen=True)
class Waste:
    """Files that can be deleted, what deleting them means, and how to delete them."""

    path: Path
    bytes: int
    meaning: str
    remove: Callable[[Path], object] = _remove


def run(args: argparse.Namespace) -> int:
    """List what can be deleted below `--runs` and in the caches; delete it if the user agrees."""
    root = args.runs or directory.DEFAULT_ROOT
    days = UNUSED_DAYS if args.unused is None else args.unused
    found = [*waste(root), *unused_images(root, days)]
    if not found:
        print(one_line(f"nothing to delete in {root}, and no decoded images to delete"))
        return 0
    for item in found:
        print(one_line(f"{item.bytes / 1e6:9.1f} MB  {item.path}  ({item.meaning})"))
    total = sum(item.bytes for item in found) / 1e6
    if not sys.stdin.isatty():
        print(f"{total:.1f} MB can be deleted; run this command in a terminal to be asked")
        return 0
    try:
        answer = input(f"delete these {total:.1f} MB? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        print("nothing deleted")
        return 0
    gone = 0
    for item in found:
        try:
            item.remove(item.path)
            gone += item.bytes
        except UserError as problem:  # it has come into use since it was listed
            print(one_line(f"kept {item.path}: {problem}"))
    print(f"{gone / 1e6:.1f} MB deleted")
    return 0


def waste(root: Path) -> list[Waste]:
    """Return resume states of runs that are not live, and leftovers of killed processes."""
    found = [
        Waste(path, _bytes(path), "left by a run that did not begin")
        for path in sorted(root.glob(".new-*"))
        if path.is_dir()
    ]
    for run in directory.all_runs(root):
        state = status.shown(status.read(run.status))[0]
        if state not in (*status.LIVE, status.UNREADABLE):  # an unreadable run may be live
            found += _of_run(run, state)
    return found


def unused_images(root: Path, days: float) -> list[Waste]:
    """Return sets of decoded images that no process has used for some days.

    Args:
        root: folder of runs; their caches are searched in addition to the default one.
        days: time since the last use.
    """
    return [
        Waste(
            found.folder,
            found.bytes,
            f"decoded images, unused for {counted(int(found.idle_s // _DAY_S), 'day')}; "
            "they are decoded again when needed",
            _remove_set,
        )
        for images in sorted(set(_caches(root)))
        for found in unused_sets(images, days * _DAY_S)
    ]


def _caches(root: Path) -> Iterator[Path]:
    settings = ["auto"]
    for run in directory.all_runs(root):
        with suppress(UserError):  # a run that cannot be read
            settings.append(run.load_experiment().dataset.cache)
    for setting in settings:
        with suppress(UserError):  # no home folder, or not a path
            if (cache := cache_root(setting)) is not None:
                yield cache / IMAGES_FOLDER


def _of_run(run: RunDir, state: str) -> list[Waste]:
    def remove(path: Path) -> None:
        with claimed(run):  # so that nobody resumes it at this moment
            _remove(path)

    found = []
    if run.resume_state.exists():
        meaning = f"run is {state}; it could still be resumed, from its last finished unit"
        found.append(Waste(run.resume_state, _bytes(run.resume_state), meaning, remove))
    for folder in (run.path, run.checkpoints, run.predictions, run.control):
        for path in sorted(folder.glob(f"{TEMPORARY}*")):
            found.append(Waste(path, _bytes(path), "left by a killed process", remove))
    return found


def _bytes(path: Path) -> int:
    return directory.directory_size(path) if path.is_dir() else path.lstat().st_size
