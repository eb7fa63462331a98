"""The README's pictures, made by the app itself from real runs.

    vitac-tui demo --run demo
    python docs/screenshots.py

reads ./runs/demo and writes docs/images/*.svg.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

IMAGES = Path(__file__).parent / "images"
SIZE = (120, 36)
PICTURES = {"live": "", "results": "r", "front": "r 2", "setup": "escape n enter"}


async def main() -> None:
    """One picture a screen."""
    os.environ["TEXTUAL_ANIMATIONS"] = "none"
    from vitac_tui.runs.directory import RunDir
    from vitac_tui.tui.app import VitacApp

    IMAGES.mkdir(exist_ok=True)
    for name, keys in PICTURES.items():
        app = VitacApp(Path("runs"), attach=RunDir(Path("runs/demo").resolve()))
        async with app.run_test(size=SIZE) as pilot:
            await pilot.pause(1.5)
            for key in keys.split():
                await pilot.press(key)
                await pilot.pause(1.5)
            svg = app.export_screenshot(title="vitac-tui")
        (IMAGES / f"{name}.svg").write_text(svg)
        print(IMAGES / f"{name}.svg")


if __name__ == "__main__":
    asyncio.run(main())
