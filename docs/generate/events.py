"""The table of event kinds in `docs/run-directory.md`, from the event grammar."""

from __future__ import annotations

from dataclasses import fields

from vitac_tui.runs.events import GRAMMAR


def table() -> str:
    """Return a row per kind: its fields, and the first line of its docstring."""
    rows = "".join(
        f"| `{name}` | {', '.join(f'`{f.name}`' for f in fields(kind)) or '-'} | "
        f"{(kind.__doc__ or '').strip().splitlines()[0]} |\n"
        for name, kind in GRAMMAR.items()
    )
    return f"| kind | fields | meaning |\n|---|---|---|\n{rows}"
