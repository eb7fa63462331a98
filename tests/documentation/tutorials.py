"""The code blocks of a page of the documentation, and running them as a reader would."""

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
SLOW = "<!-- test: slow -->\n"
_BLOCK = re.compile(
    rf"(?P<slow>{re.escape(SLOW)})?```(?P<language>sh|python)\n(?P<text>.*?)```", re.S
)


@dataclass(frozen=True)
class Block:
    """A code block of a page."""

    language: str
    text: str
    slow: bool


def blocks(page: str, language: str) -> list[Block]:
    """Return the blocks of a page, such as `tutorials/over-ssh.md`, in order."""
    text = (ROOT / "docs" / page).read_text()
    found = [Block(m["language"], m["text"], bool(m["slow"])) for m in _BLOCK.finditer(text)]
    return [block for block in found if block.language == language]


def run_shell(script: str, folder: Path, environment: dict[str, str]) -> str:
    """Run a script as `bash -e` in a folder and return its output; it must succeed."""
    commands = folder / ".commands"
    commands.mkdir(exist_ok=True)
    command = commands / "vitac-tui"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m vitac_tui "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder,
        env={**environment, "PATH": f"{commands}:{environment['PATH']}", "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout
