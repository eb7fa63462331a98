"""Finding images below the root of a dataset, without ever leaving it."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from vitac_tui.errors import UserError, counted

#: Suffixes of images in a folder tree. A list may name files with any suffix.
IMAGE_SUFFIXES: tuple[str, ...] = (
    ".jpg",
    ".jpeg",
    ".png",
    ".bmp",
    ".tif",
    ".tiff",
    ".webp",
    ".ppm",
    ".pgm",
    ".pbm",
    ".gif",
    ".jp2",
)

Kind = Literal["file", "absent", "outside", "special"]


def is_image_name(name: str) -> bool:
    """Return whether a file name has the suffix of an image, in upper or lower case."""
    return name.lower().endswith(IMAGE_SUFFIXES)


@contextmanager
def refusals_named(root: Path) -> Iterator[None]:
    """Turn an OSError while a dataset is read into a UserError that names the file.

    Raises:
        UserError: for example for a link to itself or a missing permission.
    """
    try:
        yield
    except OSError as problem:
        raise UserError(
            f"cannot be read ({problem.strerror or problem})",
            where=str(problem.filename or root),
            remedy="check its permissions and links, or remove it",
        ) from None


def is_within(real: str, real_root: str) -> bool:
    """Return whether a resolved path is the resolved folder `real_root` or lies below it."""
    return real == real_root or real.startswith(real_root.rstrip("/") + "/")


@dataclass(frozen=True)
class Found:
    """The result of `scan`. Paths are relative to the root, with forward slashes, ascending."""

    images: tuple[str, ...]
    folders: tuple[str, ...]
    ignored: int  # files that are not images, and entries that are not regular files
    excluded: int = 0  # files and folders that a pattern of `dataset.exclude` matches


_on_folder: ContextVar[Callable[[int], None]] = ContextVar("on_folder", default=lambda images: None)


@contextmanager
def watched(on_folder: Callable[[int], None]) -> Iterator[None]:
    """Within this context, have `scan` call a function before each folder.

    The callers between here and `scan` have no use for the function, so it is passed around them.

    Args:
        on_folder: called with the number of images found so far. If it raises, the scan ends.
    """
    token = _on_folder.set(on_folder)
    try:
        yield
    finally:
        _on_folder.reset(token)


def is_excluded(path: str, patterns: Sequence[str]) -> bool:
    """Return whether `dataset.exclude` matches a path, or a folder above it.

    Args:
        path: relative, with forward slashes.
        patterns: globs. One with a slash is compared with the path from the root, another one with
            the name of each file and folder on the way.
    """
    parts = path.split("/")
    above = ["/".join(parts[: n + 1]) for n in range(len(parts))]
    return any(
        fnmatchcase(text, pattern.strip("/"))
        for pattern in patterns
        for text in (above if "/" in pattern.rstrip("/") else parts)
    )


def excluded_warning(count: int) -> list[str]:
    """Return a warning that counts what `dataset.exclude` left out, if anything."""
    return [f"left out by dataset.exclude: {counted(count, 'entry', 'entries')}"] if count else []


def scan(
    root: Path,
    *,
    skip_folder: Callable[[str], bool] | None = None,
    exclude: Sequence[str] = (),
) -> Found:
    """List the images and folders below `root`.

    Hidden files and folders are skipped. Symbolic links are followed if they stay below the root,
    but not back to a folder above them. FIFOs, devices and sockets are counted as ignored and never
    opened.

    Args:
        root: the folder; it may itself be a symbolic link.
        skip_folder: called with a folder's name; True leaves the folder out.
        exclude: globs of files and folders to leave out, as for `is_excluded`.

    Raises:
        UserError: a link leads out of the root.
        OSError: a folder cannot be read, a link leads to itself.
    """
    real_root = os.path.realpath(root)
    on_folder = _on_folder.get()
    images: list[str] = []
    folders: list[str] = []
    ignored = excluded = 0
    # Path to open, path relative to the root ending in "/", and the real paths of this folder and
    # those above it, by which a link in a circle is found.
    pending: list[tuple[str, str, tuple[str, ...]]] = [(str(root), "", (real_root,))]
    while pending:
        folder, prefix, chain = pending.pop()
        on_folder(len(images))
        with os.scandir(folder) as listing:
            entries = list(listing)
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            relative = prefix + name
            if exclude and is_excluded(relative, exclude):
                excluded += 1
                continue
            is_link = entry.is_symlink()
            if is_link:
                target = os.path.realpath(entry.path)
                if not is_within(target, real_root):
                    raise _leads_out(root, relative, target)
            if entry.is_dir():
                if skip_folder is not None and skip_folder(name):
                    continue
                if is_link:
                    if any(is_within(walked, target) for walked in chain):
                        continue
                    below = (*chain, target)
                else:
                    below = (*chain[:-1], f"{chain[-1].rstrip('/')}/{name}")
                folders.append(relative)
                pending.append((entry.path, f"{relative}/", below))
            elif is_image_name(name) and entry.is_file():
                images.append(relative)
            else:
                ignored += 1
    return Found(tuple(sorted(images)), tuple(sorted(folders)), ignored, excluded)


def _leads_out(root: Path, relative: str, target: str) -> UserError:
    return UserError(
        f"the link leads out of the dataset's folder, to {target!r}",
        where=f"{root}/{relative}",
        remedy="copy the files in, or set dataset.root to a folder that contains both",
    )


class Confined:
    """Resolves the paths that a list names, but never to a place outside the root.

    Resolved folders are remembered, so that each further image costs one `lstat`.
    """

    def __init__(self, root: Path) -> None:
        self._root = os.path.normpath(root.absolute())
        self._real_root = os.path.realpath(root)
        self._inside: dict[str, bool] = {"": True}

    def relative(self, text: str, base: str = "") -> str | None:
        """Return `text` relative to the root, or None if it leads out of the root.

        Args:
            text: a path with forward slashes, relative to `base` or absolute.
            base: a folder relative to the root; "" is the root.
        """
        if text.startswith("/"):
            absolute = os.path.normpath(text)
            for root in (self._root, self._real_root):
                if is_within(absolute, root):
                    return os.path.relpath(absolute, root)
            return None
        if not base and "." not in text.partition("/")[0] and "/." not in text and "//" not in text:
            return text  # the common case: already normalised
        relative = os.path.normpath(f"{base}/{text}" if base else text)
        return None if relative == ".." or relative.startswith("../") else relative

    def kind(self, relative: str) -> Kind:
        """Return what is at a path that `relative` returned; nothing is opened.

        Raises:
            PermissionError: a folder above the path may not be entered.
        """
        path = f"{self._root}/{relative}"
        try:
            mode = os.lstat(path).st_mode
            if not self._folder_is_inside(relative.rpartition("/")[0]):
                return "outside"
            if stat.S_ISLNK(mode):
                if not is_within(os.path.realpath(path), self._real_root):
                    return "outside"
                mode = Path(path).stat().st_mode
        except PermissionError:
            raise
        except (OSError, ValueError):  # ValueError: a NUL in the name
            return "absent"
        return "file" if stat.S_ISREG(mode) else "special"

    def _folder_is_inside(self, folder: str) -> bool:
        known = self._inside.get(folder)
        if known is None:
            known = is_within(os.path.realpath(f"{self._root}/{folder}"), self._real_root)
            self._inside[folder] = known
        return known
