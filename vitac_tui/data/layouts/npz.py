"""Arrays in one `.npz` file, as `numpy.savez` writes them."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from vitac_tui.data.groups import SPLIT_WORDS, asks_for_groups, groups_unknown
from vitac_tui.data.labels import number_labels
from vitac_tui.data.paths import Confined
from vitac_tui.data.source import CorruptImage, Stat
from vitac_tui.data.table import ReadResult, Sample
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import NpzLayout
from vitac_tui.experiment.registries import near

LARGEST_TEXT = 2**28  # bytes of all labels, groups or splits

T = TypeVar("T")


def read(dataset: NpzLayout, root: Path) -> ReadResult:
    """Read the labels, groups and splits; images are read when they are decoded.

    Raises:
        UserError: the file or an array is missing, or an array has the wrong type or length.
    """
    file = _file(dataset, root)
    name = file.relative_to(root).as_posix()
    with _opened(file) as archive:
        shape = _images_shape(archive, name)
        columns = {
            key: _texts(archive, key, shape[0], name)
            for key in ("labels", "groups", "split")
            if key == "labels" or f"{key}.npy" in archive.namelist()
        }
    number = number_labels(columns["labels"])
    groups, split = columns.get("groups"), columns.get("split")
    samples = []
    for row, (label, class_name) in enumerate(map(number, columns["labels"])):
        path = f"{name}/{row:0{len(str(shape[0]))}d}"
        samples.append(
            Sample(
                path,
                label,
                class_name,
                group=f"{class_name}/{groups[row]}" if groups else path,
                modality=dataset.modality,
                split=_split(split[row], name) if split else "",
            )
        )
    warnings = [groups_unknown(len(samples), len(samples))]
    return ReadResult(
        samples,
        warnings if groups is None and asks_for_groups(dataset) else (),
        NpzSource(file, shape, file.stat().st_mtime_ns),
    )


@dataclass(frozen=True)
class NpzSource:
    """The images of an `.npz` file; a path ends in the number of the image.

    Attributes:
        file: the file.
        shape: of the array `images`: number, height, width and perhaps channels.
        mtime_ns: when the file was written.
    """

    file: Path
    shape: tuple[int, ...]
    mtime_ns: int
    _loading: Lock = field(default_factory=Lock, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The file."""
        return str(self.file)

    @property
    def channels(self) -> int:
        """Those of the array, but 3 for grey images, which are decoded to RGB as files are."""
        return 3 if self.shape[3:] in ((), (1,)) else self.shape[3]

    def stat(self, path: str) -> Stat:
        """Return the bytes of an image in the array, and when the file was written."""
        return Stat(int(np.prod(self.shape[1:])), self.mtime_ns)

    def read(self, path: str) -> bytes:
        """Return the pixels of an image."""
        try:
            with self._loading:  # by one thread: a compressed array takes memory
                images = self._images
            content: bytes = images[int(path.rpartition("/")[2])].tobytes()
            return content
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, MemoryError) as problem:
            raise CorruptImage(path, str(problem) or type(problem).__name__) from None

    def open(self, content: bytes) -> NDArray[np.uint8]:
        """Return the pixels, [height, width, channels]."""
        shape = self.shape[1:] if len(self.shape) == 4 else (*self.shape[1:], 1)
        return np.frombuffer(content, np.uint8).reshape(shape)

    def header(self, path: str) -> tuple[tuple[int, int], str]:
        """Return the size and the mode that the images share."""
        mode = {3: "RGB"}.get(self.shape[-1], "L") if self.channels == 3 else f"{self.channels}x8"
        return (self.shape[2], self.shape[1]), mode

    @cached_property
    def _images(self) -> NDArray[np.uint8]:
        """The array: mapped from the file, or read into memory if the file is compressed."""
        with zipfile.ZipFile(self.file) as archive:
            entry = archive.getinfo("images.npy")
            if entry.compress_type != zipfile.ZIP_STORED:
                with archive.open(entry) as member:
                    images: NDArray[np.uint8] = npy.read_array(member, allow_pickle=False)
                    return images
        with self.file.open("rb") as file:
            file.seek(entry.header_offset + 26)  # the lengths of name and extra field, see APPNOTE
            lengths = np.frombuffer(file.read(4), "<u2")
            file.seek(int(lengths.sum()), 1)
            shape, fortran, _ = _npy_header(file)
            order = "F" if fortran else "C"
            return np.memmap(file, np.uint8, "r", file.tell(), shape, order)  # type: ignore[call-overload,no-any-return]


def _file(dataset: NpzLayout, root: Path) -> Path:
    """Return the file that the settings name, or the only one in the folder."""
    if dataset.file:
        confined = Confined(root)
        relative = confined.relative(dataset.file)
        if relative is None or confined.kind(relative) == "outside":
            what, remedy = "lies outside", "name a file below dataset.root"
        elif confined.kind(relative) == "file":
            return root / relative
        else:
            what, remedy = "is not a file in", "give its path relative to dataset.root"
        raise UserError(f"{dataset.file!r} {what} {root}", where="dataset.file", remedy=remedy)
    found = sorted(path for path in root.glob("*.npz") if path.is_file() and not path.is_symlink())
    if len(found) != 1:
        raise UserError(
            f"{len(found) or 'no'} .npz files in {root}",
            where="dataset.file",
            remedy="name one of them" if found else "check dataset.root",
        )
    return found[0]


def _opened(file: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except zipfile.BadZipFile:
        raise UserError(
            "this is not an .npz file", where=str(file), remedy="write it with numpy.savez"
        ) from None


def _npy_header(file: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(file)
    read_header = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
    return read_header(file)


def _array(archive: zipfile.ZipFile, key: str, name: str, use: Callable[[Any], T]) -> T:
    """Apply `use` to the opened array.

    Raises:
        UserError: the array is missing or damaged.
    """
    try:
        with archive.open(f"{key}.npy") as member:
            return use(member)
    except KeyError:
        have = [entry.removesuffix(".npy") for entry in archive.namelist()]
        raise UserError(
            f"there is no array {key!r}{near(key, have)}",
            where=name,
            remedy=f"save it, as in numpy.savez(file, {key}={key})",
        ) from None
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, NotImplementedError) as problem:
        raise UserError(
            f"the array {key!r} cannot be read ({problem})", where=name, remedy="save it again"
        ) from None


def _images_shape(archive: zipfile.ZipFile, name: str) -> tuple[int, ...]:
    shape, _, dtype = _array(archive, "images", name, _npy_header)
    if dtype != np.uint8 or len(shape) not in (3, 4) or not all(shape):
        raise UserError(
            f"the array 'images' is {dtype} {list(shape)}",
            where=name,
            remedy="save uint8 [images, height, width] or [images, height, width, channels]",
        )
    return shape


def _texts(archive: zipfile.ZipFile, key: str, count: int, name: str) -> Sequence[str]:
    """Return an array of numbers or texts as texts, one per image."""
    shape, _, dtype = _array(archive, key, name, _npy_header)
    if shape != (count,) or dtype.kind not in "iuU" or dtype.itemsize * count > LARGEST_TEXT:
        raise UserError(
            f"the array {key!r} is {dtype} {list(shape)}",
            where=name,
            remedy=f"save one whole number or text for each of the {count} images",
        )
    values = _array(archive, key, name, lambda file: npy.read_array(file, allow_pickle=False))
    return [str(value) for value in values.tolist()]


def _split(word: str, name: str) -> str:
    split = SPLIT_WORDS.get(word.lower())
    if split is None:
        raise UserError(
            f"the array 'split' holds {word!r}{near(word.lower(), SPLIT_WORDS)}",
            where=name,
            remedy="write train, val or test",
        )
    return split
