"""The README's pictures, made by the app itself from a real run.

    vitac-tui demo --run demo
    python docs/screenshots.py runs/demo

writes docs/images/*.svg.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

IMAGES = Path(__file__).parent.resolve() / "images"
SIZE = (120, 36)
PAUSE_S = 2.0
# What to press on the run's live screen; a number waits so many seconds for the process beside.
PICTURES = {
    "live": "",
    "sweep": "4 f",
    "results": "r",
    "front": "r 2",
    "prune": "w 10s a 1 right right s 5s",
    "setup": "escape n enter",
}


async def main(source: Path) -> None:
    """One picture a screen."""
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    from vitac_tui.runs.directory import RunDir
    from vitac_tui.tui.app import VitacApp

    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "runs", source.name)
        shutil.copytree(source, run)
        status = json.loads((run / "status.json").read_text())
        status["process"]["host"] = ""  # nobody's business
        (run / "status.json").write_text(json.dumps(status))
        os.chdir(folder)
        for name, keys in PICTURES.items():
            app = VitacApp(Path("runs"), attach=RunDir(run))
            async with app.run_test(size=SIZE) as pilot:
                await pilot.pause(PAUSE_S)
                for key in keys.split():
                    if key.endswith("s") and key[:-1]:
                        await pilot.pause(float(key[:-1]))
                    else:
                        await pilot.press(key)
                        await pilot.pause(PAUSE_S)
                svg = app.export_screenshot(title="vitac-tui")
            # Whoever looks at a picture fetches no font for it.
            (IMAGES / f"{name}.svg").write_text(re.sub(r"@font-face \{.*?\}", "", svg, flags=re.S))
            print(IMAGES / f"{name}.svg")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]).resolve()))
