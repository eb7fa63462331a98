"""Write every generated page and table of README and docs: `make reference`.

python docs/generate/pages.py [--check]      (--check: exit code 1 if a file is not up to date)
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "docs")]

from generate import commands, events, keys, metrics, tables  # noqa: E402
from vitac_tui.experiment import reference  # noqa: E402

#: Pages that are generated as a whole.
PAGES: dict[str, Callable[[], str]] = {
    "docs/settings.md": reference.markdown,
    "docs/commands.md": commands.markdown,
    "docs/keys.md": keys.markdown,
    "docs/metrics.md": metrics.markdown,
}
#: Parts of pages, between `<!-- generated: NAME -->` and `<!-- end -->`.
BLOCKS: dict[str, Callable[[], str]] = {
    "events": events.table,
    "demo": lambda: tables.model_table(tables.RECORD) + "\n" + tables.caption(tables.RECORD),
}
_BLOCK = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def generated() -> dict[Path, str]:
    """Return each file that has generated parts, with the text that it should have."""
    texts = {ROOT / name: make() for name, make in PAGES.items()}
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        text = texts.get(path) or path.read_text()
        filled = _BLOCK.sub(lambda m: f"{m[1]}\n{BLOCKS[m[2]]()}\n{m[3]}", text)
        if path in texts or filled != text or _BLOCK.search(text):
            texts[path] = filled
    return texts


def stale() -> list[Path]:
    """Return the files whose text is not what the code says."""
    return [p for p, text in generated().items() if not p.is_file() or p.read_text() != text]


def main() -> int:
    """Write or check all files."""
    if "--check" in sys.argv[1:]:
        for path in stale():
            print(f"{path.relative_to(ROOT)} is not up to date: run `make reference`")
        return int(bool(stale()))
    for path in stale():
        path.write_text(generated()[path])
        print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
