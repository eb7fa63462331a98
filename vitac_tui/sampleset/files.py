"""Files of a sample set: claiming the folder, finding missing files, atomic writes.

Every file is written under a temporary name and then renamed, so a reader never sees half a file.
Two processes that render the same set replace files by equal files.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from vitac_tui.errors import UserError
from vitac_tui.sampleset.spec import SampleSpec, class_id, held_out_presses, image_path
from vitac_tui.system.files import read_bytes

MARKER = "sample.json"
_LARGEST = 1_000_000  # bytes of the marker

#: Increased if the same spec gives other bytes, so that no folder mixes two renderers.
RENDERER_VERSION = 1


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file atomically."""
    temporary = _temporary(path)
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_image(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write uint8 RGB (height, width, 3) atomically as PNG; the folder must exist."""
    buffer = BytesIO()
    # Sensor noise hardly compresses; a higher level takes longer than rendering the image.
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    write_whole(path, buffer.getvalue())


def list_paths(folder: Path, modality: str) -> tuple[Path, Path]:
    """Return the paths of the training list and the test list of a modality."""
    return folder / f"{modality}_train.txt", folder / f"{modality}_test.txt"


def write_lists(folder: Path, modality: str, spec: SampleSpec) -> None:
    """Write the lists of a modality, split by press, with lines `path class_id`."""
    held_out = held_out_presses(spec)
    train: list[str] = []
    test: list[str] = []
    for class_index in range(spec.classes):
        for press in range(spec.presses):
            lines = test if press in held_out else train
            for frame in range(spec.frames):
                path = image_path(modality, class_index, press, frame)
                lines.append(f"{path} {class_id(class_index)}\n")
    train_path, test_path = list_paths(folder, modality)
    write_whole(train_path, "".join(train).encode())
    write_whole(test_path, "".join(test).encode())


def missing_frames(
    folder: Path, modality: str, spec: SampleSpec, class_index: int, press: int
) -> list[int]:
    """Return the frames of a press (or tiles of a photo) that do not exist yet."""
    return [
        frame
        for frame in range(spec.frames)
        if not (folder / image_path(modality, class_index, press, frame)).is_file()
    ]


def claim(folder: Path, spec: SampleSpec) -> None:
    """Mark the folder as the one of this set, or check that it is marked.

    Raises:
        UserError: the folder contains a set with another spec, or other files.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError("is a file", where=str(folder), remedy="name a folder for the sample set")
    folder.mkdir(parents=True, exist_ok=True)
    marker = folder / MARKER
    wanted = {"renderer": RENDERER_VERSION, **asdict(spec)}
    if not marker.exists():
        _refuse_foreign(folder)
        _create_marker(marker, wanted)
    _refuse_other_spec(marker, wanted)


def _refuse_foreign(folder: Path) -> None:
    for entry in folder.iterdir():
        # Another process may be claiming the folder at the same time.
        if entry.name == MARKER or entry.name.startswith(f".{MARKER}."):
            continue
        if not (folder / MARKER).exists():
            raise UserError(
                f"contains files that do not belong to a sample set ({entry.name})",
                where=str(folder),
                remedy="name a new or empty folder",
            )


def _create_marker(marker: Path, wanted: dict[str, int]) -> None:
    temporary = _temporary(marker)
    temporary.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
    try:
        # Unlike a rename, a link fails if another process was first, perhaps with another spec.
        os.link(temporary, marker)
    except FileExistsError:
        pass
    except OSError:  # no hard links on this file system
        temporary.replace(marker)
    finally:
        temporary.unlink(missing_ok=True)


def _refuse_other_spec(marker: Path, wanted: dict[str, int]) -> None:
    try:
        found = json.loads(read_bytes(marker, largest=_LARGEST))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UserError(
            "is not the description of a sample set",
            where=str(marker),
            remedy="name a new or empty folder",
        )
    other = [key for key in wanted if found.get(key) != wanted[key]]
    if other:
        differences = ", ".join(f"{key} {found.get(key)}, not {wanted[key]}" for key in other)
        raise UserError(
            f"contains another sample set ({differences})",
            where=str(marker.parent),
            remedy="name a new or empty folder, or delete this one",
        )
