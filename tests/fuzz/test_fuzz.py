"""A fuzz run of all readers: `pytest -m fuzz`. A broken file is read, or refused as documented.

`VITAC_TUI_FUZZ_S` is the time for each reader (20 s). `VITAC_TUI_FUZZ_SEED` begins at a number that
a failure has printed, with which the failure comes first.
"""

from __future__ import annotations

import os
import random
import time
import warnings
from pathlib import Path

import pytest
from corpus.limits import limited
from fuzz.mutate import mutated
from fuzz.readers import READERS

from vitac_tui.data.source import CorruptImage
from vitac_tui.errors import UserError

SECONDS = float(os.environ.get("VITAC_TUI_FUZZ_S", "20"))
SEED = os.environ.get("VITAC_TUI_FUZZ_SEED", "")
PATIENCE_S = 15  # for one file


@pytest.mark.fuzz
@pytest.mark.parametrize("name", READERS)
def test_a_broken_file_is_read_or_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    reader = READERS[name]
    reader.make(tmp_path)
    path = tmp_path / reader.file
    sound = path.read_bytes()
    reader.read(tmp_path)
    first = int(SEED) if SEED else random.SystemRandom().randrange(1 << 48)
    end = time.monotonic() + SECONDS
    seed = first
    while time.monotonic() < end:
        data = mutated(random.Random(seed), sound)
        path.write_bytes(data)
        refusal = ""
        try:
            with limited(PATIENCE_S), warnings.catch_warnings(action="ignore"):
                reader.read(tmp_path)
        except (UserError, CorruptImage) as problem:
            refusal = str(problem)
        except BaseException as problem:
            raise AssertionError(f"{said(name, seed)}: {type(problem).__name__}") from problem
        assert refusal.isprintable(), said(name, seed)
        seed += 1
    print(f"{name}: {seed - first} files")


def said(name: str, seed: int) -> str:
    """How to see it again."""
    return f"VITAC_TUI_FUZZ_SEED={seed} pytest -m fuzz -k '{name}'"


def test_mutations_can_be_repeated_and_change_something() -> None:
    for name in ("preset", "PNG", "events.jsonl"):
        sound = name.encode() * 100
        made = [mutated(random.Random(seed), sound) for seed in range(50)]
        assert made == [mutated(random.Random(seed), sound) for seed in range(50)]
        assert sum(data != sound for data in made) > 40
