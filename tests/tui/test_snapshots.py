"""Every screen at three sizes, compared with text files that are kept in the repository."""

import os
import time
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path

import pytest
from screentext import press, screen_text, sees
from scripted import scripted, with_model
from textual.pilot import Pilot

from vitac_tui.tui.app import VitacApp
from vitac_tui.tui.screens.dataset import DatasetScreen
from vitac_tui.tui.services.machine import Machine

SNAPSHOTS = Path(__file__).parent / "snapshots"
SMALL = {"layout": "sample", "classes": 2, "presses": 4, "frames": 1, "size": 32}
SIZES = [(80, 24), (120, 40), (200, 50)]


class Still(Machine):
    """A machine that never changes."""

    def line(self, place: Path) -> str:
        return "cpu 98 % of 2  memory 3.1/25 GB  disk 79 GB free"


VIEWS = {
    "runs": ("", "1 of 1 runs"),
    "live": ("enter", "vm on cpu"),
    "sweep": ("enter 4", "vm on cpu"),
    "results": ("r", "masks-0.2 *"),
    "front": ("r 2", "weights"),
    "classes": ("r 3", "denim"),
    "confusion": ("r 4", "true \\ said"),
    "chosen": ("r 5", "settle it"),
    "setup": ("n enter", "dataset.root"),
    "outlook": ("n enter o", "MACs"),
    "dataset": ("", "nothing found"),
    "pictures": ("3", "▀▀▀▀"),
    "prune": ("w a 1 a 4 s", "-7.5 ["),
}


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The log shows times of day."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("utc")
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("view", VIEWS)
async def test_a_screen_looks_as_it_did(
    view: str,
    size: tuple[int, int],
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    if view == "prune":  # the form's summary asks the real one
        request.getfixturevalue("beside")
    monkeypatch.setenv("XDG_CACHE_HOME", str(place.parent / "cache"))
    with_model(scripted(place / "runs"))
    keys, shows = VIEWS[view]
    monkeypatch.setattr("vitac_tui.runs.listing.RunSummary.age_s", 3600.0)
    async with VitacApp(Path("runs"), machine=Still()).run_test(size=size) as pilot:
        await sees(pilot, "1 of 1 runs")
        if view in ("dataset", "pictures"):
            pilot.app.push_screen(DatasetScreen(SMALL))
            await sees(pilot, "8 images")
        await press(pilot, keys)
        await sees(pilot, shows)
        if view in ("live", "sweep"):
            await sees(pilot, "cpu 98 %")
        if view == "setup" and size[0] >= 110:  # its summary is shown next to it
            await sees(pilot, "MACs")
        text = await settled(pilot)
    compare(f"{view}-{size[0]}x{size[1]}", text)


async def settled(pilot: Pilot[int]) -> str:
    """Return the screen's text once it has not changed for a while: a busy machine draws late."""
    text, same = "", 0
    while same < 4:
        await pilot.pause(0.1)
        now = screen_text(pilot.app) + "\n"
        text, same = now, same + 1 if now == text else 0
    return text


def compare(name: str, text: str) -> None:
    """Compare a screen with its snapshot; a difference names the command that renews it."""
    kept = SNAPSHOTS / f"{name}.txt"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(text)
    before = kept.read_text() if kept.exists() else ""
    if text != before:
        difference = "\n".join(unified_diff(before.splitlines(), text.splitlines(), lineterm=""))
        pytest.fail(
            f"{name} looks different:\n{difference}\n\nIf that is as intended, renew it with\n"
            f"  UPDATE_SNAPSHOTS=1 python -m pytest tests/tui/test_snapshots.py -k {name}\n"
            "and look at the file before you commit it.",
            pytrace=False,
        )


def test_a_snapshot_that_differs_names_the_command_that_renews_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("UPDATE_SNAPSHOTS", raising=False)
    with pytest.raises(pytest.fail.Exception, match=r"UPDATE_SNAPSHOTS=1 .* -k runs-80x24"):
        compare("runs-80x24", "another screen")
