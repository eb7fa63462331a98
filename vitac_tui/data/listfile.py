"""Parsing list files: `path label` in its usual forms, and CSV with a header."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from vitac_tui.data.paths import is_image_name
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import Columns
from vitac_tui.experiment.registries import near

MAX_LIST_BYTES = 2**26  # about a million images; a larger file is not a list
_BLANK = " \t\r"
_DELIMITERS = (",", "\t", ";")


@dataclass(frozen=True, slots=True)
class Entry:
    """One image that a list names. Fields that the list does not have are empty."""

    line: int  # from 1
    path: str  # as written, with forward slashes
    label: str = ""
    group: str = ""
    session: str = ""
    split: str = ""


def decode_list(data: bytes, where: str) -> str:
    """Decode a list file: UTF-8 with or without a BOM. Other bytes are kept, as in file names.

    Raises:
        UserError: the file is UTF-16, as some spreadsheets write it, or is not text.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise UserError("the list is UTF-16 text", where=where, remedy="save it as UTF-8")
    if (nul := data.find(b"\0")) >= 0:
        line = data.count(b"\n", 0, nul) + 1
        raise UserError(
            "the line contains a NUL character", where=f"{where}:{line}", remedy="save it as UTF-8"
        )
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def parse_list(text: str, where: str, columns: Columns) -> list[Entry]:
    """Return the entries of a list, in order.

    Without a header, a line is `path label`, split at the last space, so that paths may contain
    spaces; or `path,label`; or both with a tab between them; or only a path. Blank lines are
    skipped. If the first row contains `columns.path` and `columns.label`, separated by commas, tabs
    or semicolons, the file is CSV with quoting.

    Args:
        text: the file's text.
        where: name of the list, for messages.
        columns: names of the columns to look for.

    Raises:
        UserError: a line does not name an image, or a column is missing; with file and line.
    """
    header, delimiter, line = _header(text)
    if columns.path in header and columns.label in header:
        return list(_csv_entries(text, where, columns, delimiter, header, line))
    if columns != Columns():
        raise _no_label_or_path(columns, header, f"{where}:{line}")
    entries = []
    for number, raw in enumerate(text.split("\n"), start=1):
        content = raw.strip(_BLANK)
        if content:
            path, label = _split_line(content)
            if not path and number == line and len(header) > 1:
                raise _no_label_or_path(columns, header, f"{where}:{line}")
            if not path:
                raise _no_image(content, f"{where}:{number}")
            entries.append(Entry(number, path.replace("\\", "/"), label))
    return entries


def first_row(text: str) -> list[str]:
    """Return the fields of the first line that is not blank; [] if it has only one."""
    return _header(text)[0]


def _header(text: str) -> tuple[list[str], str, int]:
    """Return the first row that is not blank ([] if it has one field), its delimiter and line."""
    for number, raw in enumerate(text.split("\n"), start=1):
        if content := raw.strip(_BLANK):
            delimiter = max(_DELIMITERS, key=content.count)
            if delimiter not in content:
                return [], delimiter, number
            return _fields(content, delimiter), delimiter, number
    return [], ",", 1


def _fields(content: str, delimiter: str) -> list[str]:
    """Return the fields of one row, [] if it is not CSV."""
    try:
        reader = csv.reader([content], delimiter=delimiter, strict=True)
        return [field.strip() for field in next(reader, [])]
    except csv.Error:  # such as a quote that is not closed
        return []


def _split_line(content: str) -> tuple[str, str]:
    """Return path and label of a line without a header; either may be ""."""
    if content.startswith('"'):
        fields = _fields(content, ",")
        if len(fields) in (1, 2) and fields[0]:
            return fields[0], fields[1] if len(fields) == 2 else ""
    if is_image_name(content):
        return content, ""
    parts = [content.rpartition(separator) for separator in ("\t", " ", ",")]
    cuts = [(path.rstrip(_BLANK), label.strip(_BLANK)) for path, found, label in parts if found]
    # Prefer the cut after which the path has the suffix of an image. A path without a known suffix
    # is accepted only if a number follows.
    for path, label in cuts:
        if is_image_name(path):
            return path, label
    for path, label in cuts:
        if path and label.lstrip("-").isdigit():
            return path, label
    return "", ""


def _csv_entries(
    text: str, where: str, columns: Columns, delimiter: str, header: list[str], first: int
) -> Iterator[Entry]:
    index: dict[str, int] = {}
    for key in Columns.model_fields:
        name = getattr(columns, key)
        if name and name not in header:
            raise _no_column(f"columns.{key}", name, header, f"{where}:{first}")
        if name and header.count(name) > 1:
            raise UserError(
                f"the header has the column {name!r} {header.count(name)} times",
                where=f"{where}:{first}",
                remedy="rename all but one",
            )
        if name:
            index[key] = header.index(name)
    rest = StringIO("\n".join(text.split("\n")[first:]), newline="")
    reader = csv.reader(rest, delimiter=delimiter, strict=True)
    next_row = first + 1
    try:
        for row in reader:
            number, next_row = next_row, first + reader.line_num + 1
            if not any(field.strip(_BLANK) for field in row):
                continue
            # An additional field shifts the others; missing fields at the end may not be needed.
            if not max(index.values()) < len(row) <= len(header):
                raise UserError(
                    f"the row has {len(row)} fields, the header {len(header)}",
                    where=f"{where}:{number}",
                    remedy="put fields that contain the delimiter in double quotes",
                )
            fields = {key: row[column].strip(_BLANK) for key, column in index.items()}
            for key in ("path", "label"):
                if not fields[key]:
                    raise UserError(
                        f"the column {getattr(columns, key)!r} is empty",
                        where=f"{where}:{number}",
                        remedy="fill it in, or remove the row",
                    )
            fields["path"] = fields["path"].replace("\\", "/")
            yield Entry(number, **fields)
    except csv.Error as problem:
        raise UserError(
            f"the row is not CSV ({problem})",
            where=f"{where}:{next_row}",
            remedy="close quotes, and double quotes within a field",
        ) from None


def _no_image(content: str, where: str) -> UserError:
    return UserError(
        f"{content[:80]!r} does not name an image",
        where=where,
        remedy="write `path label`, `path,label` or a path; a CSV file needs a header with the "
        "names in dataset.columns",
    )


def _no_label_or_path(columns: Columns, header: list[str], where: str) -> UserError:
    key = "path" if columns.path not in header else "label"
    return _no_column(f"columns.{key}", getattr(columns, key), header, where)


def _no_column(key: str, name: str, header: list[str], where: str) -> UserError:
    return UserError(
        f"there is no column {name!r}{near(name, header) if header else ''}",
        where=where,
        remedy=f"set dataset.{key} to a name in the header",
    )
