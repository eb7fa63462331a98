"""Reading the list files of a dataset: each entry becomes a file below the root."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vitac_tui.data.groups import SPLIT_WORDS
from vitac_tui.data.listfile import MAX_LIST_BYTES, Entry, decode_list, parse_list
from vitac_tui.data.paths import Confined
from vitac_tui.errors import UserError, counted
from vitac_tui.experiment.dataset import Columns, SplitListSettings
from vitac_tui.experiment.registries import near

_LIST_SUFFIXES = (".txt", ".csv", ".tsv", ".lst", ".list")
_MAX_SUGGESTIONS = 12


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a list, whose file exists."""

    path: str  # relative to the root
    entry: Entry
    list_name: str
    split: str  # "train", "val", "test", or "" if the list does not decide it

    @property
    def where(self) -> str:
        """List and line, for messages."""
        return f"{self.list_name}:{self.entry.line}"


@dataclass(frozen=True)
class ListName:
    """A list file that the settings name."""

    setting: str
    name: str
    split: str = ""


def named_lists(dataset: SplitListSettings) -> list[ListName]:
    """Return the lists that the settings name, in the order train, val, test."""
    lists = [
        ListName("dataset.train_list", dataset.train_list, "train"),
        ListName("dataset.val_list", dataset.val_list, "val"),
        ListName("dataset.test_list", dataset.test_list, "test"),
    ]
    return [named for named in lists if named.name]


def read_listed(
    root: Path, lists: Sequence[ListName], columns: Columns
) -> tuple[list[Listed], list[str]]:
    """Return the entries of all lists, and warnings about repeated entries.

    A path is relative to the folder of the list or to the root, whichever has the file.

    Raises:
        UserError: a list is missing; a listed image is missing, lies outside the root, is not a
            regular file, or is listed with two labels. The message names list and line.
    """
    confined = Confined(root)
    listed: list[Listed] = []
    absent: list[Listed] = []
    warnings: list[str] = []
    for named in lists:
        list_path = _list_path(root, confined, named)
        where = named.name
        text = decode_list(_content(root / list_path, named), where)
        entries = parse_list(text, where, columns)
        if not entries:
            raise UserError("the list is empty", where=where, remedy=f"check {named.setting}")
        resolved = _resolve(confined, list_path.rpartition("/")[0], entries, named)
        seen: dict[str, Listed] = {}
        repeated = 0
        for item, there in resolved:
            first = seen.setdefault(item.path, item)
            if first is not item:
                _same_label(first, item)
                repeated += 1
            elif there:
                listed.append(item)
            else:
                absent.append(item)
        if repeated:
            warnings.append(f"{where}: ignored, repeated: {counted(repeated, 'entry', 'entries')}")
    if absent:
        raise _absent(root, absent, len(absent) + len(listed))
    return listed, warnings


def _list_path(root: Path, confined: Confined, named: ListName) -> str:
    """Return the path of the list relative to the root; it must be a file below it."""
    relative = confined.relative(named.name.replace("\\", "/"))
    kind = "outside" if relative is None else confined.kind(relative)
    if kind == "file" and relative is not None:
        return relative
    if kind == "outside":
        raise UserError(
            f"{named.name!r} lies outside {root}",
            where=named.setting,
            remedy="name a list below dataset.root",
        )
    if kind == "special":
        raise UserError(
            f"{named.name!r} is not a regular file", where=named.setting, remedy="name a text file"
        )
    raise UserError(
        f"there is no {named.name!r} in {root}{_near_lists(root, relative or '')}",
        where=named.setting,
        remedy="write the path of the list relative to dataset.root",
    )


def _content(path: Path, named: ListName) -> bytes:
    with path.open("rb") as file:
        data = file.read(MAX_LIST_BYTES + 1)
    if len(data) > MAX_LIST_BYTES:
        raise UserError(
            f"{named.name!r} is too large for a list",
            where=named.setting,
            remedy="name a text file",
        )
    return data


def _near_lists(root: Path, name: str) -> str:
    folder, _, _ = name.rpartition("/")
    try:
        there = sorted(path.name for path in (root / folder).iterdir())
    except (OSError, ValueError):
        return ""
    known = [f"{folder}/{n}" if folder else n for n in there if n.lower().endswith(_LIST_SUFFIXES)]
    return near(name, known[:_MAX_SUGGESTIONS]) if known else ""


def _resolve(
    confined: Confined, folder: str, entries: Sequence[Entry], named: ListName
) -> list[tuple[Listed, bool]]:
    """Return each entry with its path below the root, and whether its file exists."""
    bases = [folder, ""] if folder else [""]
    resolved: list[tuple[Listed, bool]] = []
    for entry in entries:
        where = f"{named.name}:{entry.line}"
        paths = [confined.relative(entry.path, base) for base in bases]
        inside = [path for path in paths if path is not None]
        chosen, kind = (inside[0], "absent") if inside else ("", "outside")
        for position, path in enumerate(paths):
            kind_here = "outside" if path is None else confined.kind(path)
            if path is not None and kind_here != "absent":
                chosen, kind = path, kind_here
                # Try this base first for the next entry, which most likely has the same one.
                bases.insert(0, bases.pop(position))
                break
        if kind == "outside":
            raise UserError(
                f"{entry.path!r} leads out of the dataset's folder",
                where=where,
                remedy="write paths relative to dataset.root or to the list's folder",
            )
        if kind == "special":
            raise UserError(
                f"{entry.path!r} is not a regular file", where=where, remedy="remove the line"
            )
        split = named.split or (_split_word(entry.split, where) if entry.split else "")
        resolved.append((Listed(chosen, entry, named.name, split), kind == "file"))
    return resolved


def _split_word(word: str, where: str) -> str:
    split = SPLIT_WORDS.get(word.lower())
    if split is None:
        raise UserError(
            f"{word!r} is not a split{near(word.lower(), SPLIT_WORDS)}",
            where=where,
            remedy="write train, val or test",
        )
    return split


def _same_label(first: Listed, again: Listed) -> None:
    if first.entry.label != again.entry.label:
        raise UserError(
            f"{again.path!r} has the label {again.entry.label!r} here, but {first.entry.label!r} "
            f"in line {first.entry.line}",
            where=again.where,
            remedy="remove the wrong line",
        )


def _absent(root: Path, absent: Sequence[Listed], total: int) -> UserError:
    first, missing = absent[0], f"{len(absent)} of {total} listed images are missing"
    return UserError(
        f"image not found: {first.entry.path!r} ({missing})",
        where=first.where,
        remedy=f"add the images, or write paths relative to {root} or to the folder of the list",
    )
