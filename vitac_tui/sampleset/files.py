"""Files of a sample set: whose folder it is, what is missing, and writes that are all or nothing.

Every write goes to a name of its own and is then moved over the final one, so a reader never sees
half a file, and two processes that render the same set only replace equal bytes by equal bytes.
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
_LARGEST = 1_000_000  # bytes of it

#: Raised whenever the same spec would give other bytes, so that no folder mixes two renderers.
RENDERER_VERSION = 1


def _temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there completely or not at all."""
    temporary = _temporary(path)
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_image(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Write uint8 RGB (height, width, 3) as PNG, all or nothing; the folder must exist."""
    buffer = BytesIO()
    # Sensor noise does not compress; a higher level costs more than drawing the image did.
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    write_whole(path, buffer.getvalue())


def list_paths(folder: Path, modality: str) -> tuple[Path, Path]:
    """Train list and test list of a modality."""
    return folder / f"{modality}_train.txt", folder / f"{modality}_test.txt"


def write_lists(folder: Path, modality: str, spec: SampleSpec) -> None:
    """Write the two lists of a modality, lines of `path<space>class id`, split by press."""
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
    """Frames of a press (or tiles of a photo) that are not on disk yet."""
    return [
        frame
        for frame in range(spec.frames)
        if not (folder / image_path(modality, class_index, press, frame)).is_file()
    ]


def claim(folder: Path, spec: SampleSpec) -> None:
    """Make the folder the home of this set, or check that it is already.

    Raises UserError when the folder holds anything else: another spec or foreign files.
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
        # Another process may be claiming the same folder right now.
        if entry.name == MARKER or entry.name.startswith(f".{MARKER}."):
            continue
        if not (folder / MARKER).exists():
            raise UserError(
                f"holds files that are not of a sample set ({entry.name})",
                where=str(folder),
                remedy="name a new or empty folder",
            )


def _create_marker(marker: Path, wanted: dict[str, int]) -> None:
    temporary = _temporary(marker)
    temporary.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")
    try:
        # A link, unlike a move, fails when another process was first with another spec.
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
            f"holds another sample set ({differences})",
            where=str(marker.parent),
            remedy="name a new or empty folder, or delete this one",
        )
