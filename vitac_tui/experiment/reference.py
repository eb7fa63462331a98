"""Write `docs/settings.md` from the declarations: `python -m vitac_tui.experiment.reference`."""

from __future__ import annotations

import json

from vitac_tui.experiment.fields import Field, Group, groups
from vitac_tui.experiment.registries import REGISTRIES

HEAD = """\
# Settings

Made from the declarations by `python -m vitac_tui.experiment.reference > docs/settings.md`.
The JSON schema is `vitac-tui preset schema`. Settings marked *execution* do not change results:
they may be changed on resume, and do not make another experiment. A variant's steps,
`[[variant.prune]]`, have the settings of `[[prune]]`.
"""


def markdown() -> str:
    """Return the whole page."""
    parts = [HEAD, *map(_table, groups()), "\n## Names\n"]
    for heading, registry in REGISTRIES.items():
        rows = "".join(f"| `{name}` | {entry.help} |\n" for name, entry in registry.items())
        parts.append(f"\n{heading}:\n\n| name | what it is |\n|---|---|\n{rows}")
    return "".join(parts)


def _table(group: Group) -> str:
    heading = f"\n## `{group.title}`: {group.help}\n"
    if not group.fields:
        return heading
    rows = "".join(map(_row, group.fields))
    return f"{heading}\n| setting | default | range | what it is |\n|---|---|---|---|\n{rows}"


def _row(field: Field) -> str:
    name = field.key.rpartition(".")[2]
    default = "*required*" if field.required else f"`{json.dumps(field.default)}`"
    if isinstance(field.default, dict):
        default = "see below"
    choices = [f"`{choice}`" for choice in field.choices]
    bounds = [f"{sign} {bound}" for sign, bound in field.bounds.items()]
    spread = ", ".join([*choices, *bounds, *([field.unit] if field.unit else [])])
    marked = " *(execution)*" if field.affects == "execution" else ""
    cells = (f"`{name}`", default, spread, f"{field.help}{marked}")
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |\n"


if __name__ == "__main__":
    print(markdown(), end="")
