"""The app under test lives in a home and a working folder of its own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from vitac_tui.tui.services import preview_client

# Answers like the real process, from nothing: what is kept tells how many steps were asked for.
BESIDE = """\
import json, sys
print(json.dumps({"ready": {"device": "cpu", "precision": "fp32", "note": ""}}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    steps = asked["steps"]
    if any(step.get("norm") == 1 for step in steps):
        sys.exit(9)
    notes = ["removed nothing" if step.get("amount") == 0 else "" for step in steps]
    told = [{"removed": 0.125, "note": note} for note in notes]
    figures = {"valid_weights": 7_000_000 + len(steps), "parameters": 8_000_000, "macs": 99e6}
    figures["steps"] = told
    reply = {"id": asked["id"], "figures": figures}
    if asked["do"] == "score":
        print(json.dumps({"id": asked["id"], "done": 1, "of": 36}), flush=True)
        scores = {"top1": 0.875, "top1_low": 0.8, "top1_high": 0.9, "loss": 0.5, "images": 36}
        lost = [{"class": "twill", "images": 6, "dense": 1.0, "pruned": 0.5}]
        against = {"difference": -0.075, "low": -0.15, "high": 0.01, "lost_classes": lost}
        scores["against_dense"] = against
        reply |= {"eval": scores, "rung": "bn", "note": ""}
    print(json.dumps(reply), flush=True)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, with an empty home beside it."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home/state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home/config"))
    monkeypatch.setenv("TEXTUAL_ANIMATIONS", "none")
    monkeypatch.delenv("NO_COLOR", raising=False)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return here


@pytest.fixture
def beside(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scripted process in place of the one that knows torch."""
    script = place.parent / "beside.py"
    script.write_text(BESIDE)
    monkeypatch.setattr(preview_client, "command", lambda run: [sys.executable, str(script)])
