"""Make this checkout's `vitac_tui` the one that a benchmark measures, from any working directory.

Import it before `vitac_tui`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
