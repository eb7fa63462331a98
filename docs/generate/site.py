"""A hook of mkdocs: pages of the site whose text lies at the top of the repository."""

from __future__ import annotations

from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Return the text of the file that a page stands for, with links as seen from the page."""
    source = SOURCES.get(page.file.src_uri)
    if source is None:
        return markdown
    text = (ROOT / source).read_text()
    return text.replace("](docs/", "](").replace("[SECURITY.md](SECURITY.md)", "`SECURITY.md`")
