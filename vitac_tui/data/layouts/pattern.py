"""One pattern for relative paths that names class, group and frame."""

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
from vitac_tui.data.paths import excluded_warning, scan
from vitac_tui.data.table import ReadResult, Sample
from vitac_tui.errors import UserError, counted
from vitac_tui.experiment.dataset import PatternLayout
from vitac_tui.experiment.expressions import bounded, compiled
from vitac_tui.experiment.registries import near

if TYPE_CHECKING:
    import regex

FIELDS = ("class", "group", "session", "frame", "modality", "split")

#: Names of the two modalities in the paths of published datasets.
MODALITY_WORDS: dict[str, str] = {
    **dict.fromkeys(("visual", "vision", "vis", "v", "rgb", "camera", "video_frame"), "visual"),
    **dict.fromkeys(("tactile", "touch", "tac", "t", "gel", "gelsight"), "tactile"),
    "gelsight_frame": "tactile",
}

_TOKEN = re.compile(
    r"\{(?P<field>[^{}:]*)(?::(?P<expression>(?:[^{}]|\{[^{}]*\})*))?\}"
    r"|(?P<any>\*+)|(?P<text>[^{}*]+)|(?P<wrong>[{}])"
)
_ANY, _SHORTEST, _DIGITS = "[^/]*", "[^/]*?", "[0-9]+"
_WHERE = "dataset.pattern"


def read(dataset: PatternLayout, root: Path) -> ReadResult:
    """Read the images whose whole path matches the pattern.

    `{class}` texts that are all whole numbers are class ids, unless two of them are the same number
    (`1` and `01`). Otherwise they are numbered in alphabetical order. The group is qualified by the
    folders above it. If the pattern has `{modality}`, the images of `dataset.modality` are used,
    and the rest of the path pairs them with those of the other modality.

    Raises:
        UserError: the pattern is wrong or matches no image.
    """
    expression = compile_pattern(dataset.pattern)
    found = scan(root, exclude=dataset.exclude)
    fullmatch = bounded(expression.fullmatch, dataset.pattern, _WHERE)
    matches = [match for path in found.images if (match := fullmatch(path))]
    if not found.images:
        raise UserError("there is no image", where=str(root), remedy="check dataset.root")
    if not matches:
        raise UserError(
            f"{dataset.pattern!r} matches none of {len(found.images)} images, such as "
            f"{found.images[0]!r}",
            where=_WHERE,
            remedy="write this path with its changing parts as {class}, {group}, {frame} or *",
        )
    warnings = excluded_warning(found.excluded)
    if len(matches) < len(found.images):
        others = counted(len(found.images) - len(matches), "image")
        warnings.append(f"ignored, not matching the pattern: {others}")
    if "modality" in expression.groupindex:
        matches = _of_modality(matches, dataset.modality)
    number = number_labels((match["class"] for match in matches), texts_differ=True)
    if "group" not in expression.groupindex and asks_for_groups(dataset):
        warnings.append(groups_unknown(len(matches), len(matches)))
    samples = [_sample(match, *number(match["class"]), dataset.modality) for match in matches]
    return ReadResult(samples, warnings)


def compile_pattern(pattern: str) -> regex.Pattern[str]:
    """Return the pattern as a regular expression with its fields as named groups.

    A field and `*` match any text within one component of the path, `{frame}` digits, and
    `{class:[a-z]+}` what its regular expression matches. A field that occurs twice must have the
    same text in both places.

    Raises:
        UserError: an unknown field, a stray brace, no `{class}`, a wrong regular expression, or a
            field next to another one or to `*`, so that nothing marks where it ends.
    """
    parts: list[str] = []
    seen: set[str] = set()
    before = ""  # the token before, if it matches any text
    for token in _TOKEN.finditer(pattern.removeprefix("./")):
        field = token["field"]
        if token["wrong"]:
            raise UserError(
                f"{pattern!r} has a brace without its partner", where=_WHERE, remedy="write {class}"
            )
        if field is not None and field not in FIELDS:
            raise UserError(
                f"unknown field {{{field}}}{near(field, FIELDS)}",
                where=_WHERE,
                remedy="use * for text without a meaning",
            )
        any_text = token["any"] or (
            field is not None
            and field != "frame"
            and field not in seen
            and token["expression"] is None
        )
        if any_text and before and "{" in before + token[0]:
            raise UserError(
                f"nothing marks the end of {before} before {token[0]} in {pattern!r}",
                where=_WHERE,
                remedy="write the text that separates them, or an expression: {class:[A-Za-z]+}",
            )
        if token["any"]:
            parts.append(_ANY)
        elif field is None:
            parts.append(re.escape(token["text"].replace("\\", "/")))
        elif field in seen:
            parts.append(f"(?P={field})")
        else:
            if field == "frame" and before == "*":
                parts[-1] = _SHORTEST  # or `*` would take all digits but the last
            parts.append(f"(?P<{field}>{_expression(field, token['expression'])})")
            seen.add(field)
        before = token[0] if any_text else ""
    if "class" not in seen:
        raise UserError(
            f"{pattern!r} has no {{class}}", where=_WHERE, remedy="put {class} where it occurs"
        )
    return compiled("".join(parts), dot_all=True)


def _expression(field: str, written: str | None) -> str:
    if written is None:
        return _DIGITS if field == "frame" else "[^/]+?"
    try:
        re.compile(written)
    except (re.error, RecursionError, OverflowError) as problem:
        raise UserError(
            f"{{{field}:{written}}} is not a regular expression ({problem})", where=_WHERE
        ) from None
    return written


def _of_modality(matches: Sequence[regex.Match[str]], modality: str) -> list[regex.Match[str]]:
    unknown = sorted(
        {m["modality"] for m in matches if m["modality"].lower() not in MODALITY_WORDS}
    )
    if unknown:
        raise UserError(
            f"{{modality}} matches {unknown[0]!r}, which is not a known name of visual or tactile",
            where=_WHERE,
            remedy=f"write {unknown[0]!r} in the pattern instead of {{modality}}",
        )
    kept = [m for m in matches if MODALITY_WORDS[m["modality"].lower()] == modality]
    if not kept:
        raise UserError(
            f"no path has the modality {modality}; there are paths such as {matches[0].string!r}",
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
        int(frame) if frame.isascii() and frame.isdigit() and len(frame) <= 18 else -1,
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
