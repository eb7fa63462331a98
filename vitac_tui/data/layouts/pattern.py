"""One pattern over the relative path names class, group and frame."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vitac_tui.data.groups import (
    SPLIT_WORDS,
    asks_for_groups,
    groups_unknown,
    neutral_folder,
    qualified,
)
from vitac_tui.data.labels import number_labels
from vitac_tui.data.paths import scan
from vitac_tui.data.table import ReadResult, Sample
from vitac_tui.errors import UserError, counted
from vitac_tui.experiment.dataset import PatternLayout
from vitac_tui.experiment.expressions import bounded, compiled
from vitac_tui.experiment.registries import near

if TYPE_CHECKING:
    import regex

FIELDS = ("class", "group", "session", "frame", "modality", "split")

#: Words in paths for the two modalities, as published sets write them.
MODALITY_WORDS: dict[str, str] = {
    **dict.fromkeys(("visual", "vision", "vis", "v", "rgb", "camera", "video_frame"), "visual"),
    **dict.fromkeys(("tactile", "touch", "tac", "t", "gel", "gelsight"), "tactile"),
    "gelsight_frame": "tactile",
}

_TOKEN = re.compile(r"\{(?P<field>[^{}]*)\}|(?P<any>\*+)|(?P<text>[^{}*]+)|(?P<wrong>[{}])")
_WHERE = "dataset.pattern"


def read(dataset: PatternLayout, root: Path) -> ReadResult:
    """Samples whose path matches the pattern as a whole, and warnings.

    `{class}` texts that are all whole numbers are class ids as they are; others are numbered in
    their order. The group is qualified by the folders above it. Of a pattern with
    `{modality}`, the images of `dataset.modality` are used, and the rest of the path pairs them
    with the other modality's.

    Raises:
        UserError: the pattern is wrong or matches nothing, with a path as example.
    """
    expression = compile_pattern(dataset.pattern)
    found = scan(root)
    fullmatch = bounded(expression.fullmatch, dataset.pattern, _WHERE)
    matches = [match for path in found.images if (match := fullmatch(path))]
    if not found.images:
        raise UserError("there is no image", where=str(root), remedy="check dataset.root")
    if not matches:
        raise UserError(
            f"{dataset.pattern!r} matches none of {len(found.images)} images, such as "
            f"{found.images[0]!r}",
            where=_WHERE,
            remedy="write that path with its changing parts as {class}, {group}, {frame} or *",
        )
    warnings = []
    if len(matches) < len(found.images):
        warnings.append(
            f"ignored, not matching: {counted(len(found.images) - len(matches), 'image')}"
        )
    if "modality" in expression.groupindex:
        matches = _of_modality(matches, dataset.modality)
    number = number_labels(match["class"] for match in matches)
    if "group" not in expression.groupindex and asks_for_groups(dataset):
        warnings.append(groups_unknown(len(matches), len(matches)))
    samples = [_sample(match, *number(match["class"]), dataset.modality) for match in matches]
    return ReadResult(samples, warnings)


def compile_pattern(pattern: str) -> regex.Pattern[str]:
    """The pattern as a regular expression with its fields as named parts.

    A field and `*` match any text within one component of the path; a field that stands twice
    must have the same text in both places.

    Raises:
        UserError: an unknown field, a stray brace, no `{class}`.
    """
    parts: list[str] = []
    seen: set[str] = set()
    for token in _TOKEN.finditer(pattern.replace("\\", "/").removeprefix("./")):
        field = token["field"]
        if token["wrong"]:
            raise UserError(
                f"{pattern!r} has a brace without its partner", where=_WHERE, remedy="write {class}"
            )
        if field is None:
            parts.append("[^/]*" if token["any"] else re.escape(token["text"]))
        elif field not in FIELDS:
            raise UserError(
                f"there is no field {{{field}}}{near(field, FIELDS)}",
                where=_WHERE,
                remedy="use * for text that means nothing",
            )
        elif field in seen:
            parts.append(f"(?P={field})")
        else:
            seen.add(field)
            parts.append(f"(?P<{field}>{r'[0-9]+' if field == 'frame' else '[^/]+?'})")
    if "class" not in seen:
        raise UserError(
            f"{pattern!r} has no {{class}}", where=_WHERE, remedy="put {class} where it stands"
        )
    return compiled("".join(parts), dot_all=True)


def _of_modality(matches: Sequence[regex.Match[str]], modality: str) -> list[regex.Match[str]]:
    unknown = sorted(
        {m["modality"] for m in matches if m["modality"].lower() not in MODALITY_WORDS}
    )
    if unknown:
        raise UserError(
            f"{{modality}} matches {unknown[0]!r}, which is no known name of visual or tactile",
            where=_WHERE,
            remedy=f"write {unknown[0]!r} itself in the pattern in place of {{modality}}",
        )
    kept = [m for m in matches if MODALITY_WORDS[m["modality"].lower()] == modality]
    if not kept:
        raise UserError(
            f"no path is of the {modality} modality, only such as {matches[0].string!r}",
            where="dataset.modality",
            remedy="set the other modality",
        )
    return kept


def _sample(match: regex.Match[str], label: int, class_name: str, modality: str) -> Sample:
    fields = match.groupdict()
    path = match.string
    if "group" in fields:
        above = path[: match.start("group")].rpartition("/")[0]
        group = qualified(neutral_folder(above), fields["group"])
    else:
        group = path
    pair = ""
    if "modality" in fields:
        rest = f"{path[: match.start('modality')]}*{path[match.end('modality') :]}"
        pair = rest.rpartition(".")[0] or rest
    frame = fields.get("frame", "")
    return Sample(
        path,
        label,
        class_name,
        group,
        fields.get("session", ""),
        int(frame) if 0 < len(frame) <= 18 else -1,
        modality,
        pair,
        _split(fields["split"], path) if "split" in fields else "",
    )


def _split(word: str, path: str) -> str:
    split = SPLIT_WORDS.get(word.lower())
    if split is None:
        raise UserError(
            f"{{split}} matches {word!r} in {path!r}{near(word.lower(), SPLIT_WORDS)}",
            where=_WHERE,
            remedy="rename it to train, val or test",
        )
    return split
