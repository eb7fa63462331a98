"""`attach [RUN]`: a run's live view, wherever it runs; leaving it leaves the run alone.

It reads the run's directory and nothing else, so it shows a finished run as it showed a live one.
"""

from __future__ import annotations

import argparse
import sys
import time

from vitac_tui.commands.runs import is_live, named
from vitac_tui.console.progress import RunConsole
from vitac_tui.console.tables import print_results
from vitac_tui.errors import one_line
from vitac_tui.runs import log, results, status
from vitac_tui.runs.progress import Snapshot

POLL_S = 0.5  # twice a second suffices for eyes, and for a line over SSH


def run(args: argparse.Namespace) -> int:
    """Show events and progress until the run ends; Ctrl-C detaches."""
    attached = named(args)
    console = RunConsole(sys.stderr, quiet=args.quiet)
    reader, projection = log.LogReader(attached.events), results.Projection(attached.name)
    console.start()
    try:
        live = True
        while live:
            live = is_live(attached)
            for record in reader.new():
                console.watch(record)
                projection.take(record)
            known = status.read(attached.status)
            console.tick(
                Snapshot(
                    f"{known.unit} (paused)" if known.state == "paused" else known.unit,
                    known.done,
                    known.total,
                    known.fraction,
                    known.eta_s,
                    {name: value for name, value in known.figures.items() if value is not None},
                )
            )
            if live:
                time.sleep(POLL_S)
    except KeyboardInterrupt:
        console.stop()
        print(one_line(f"detached; {attached.name} goes on"), file=sys.stderr)
        return 0
    finally:
        console.stop()
    state, reason = status.shown(status.read(attached.status))
    print_results(projection.results, state=state, reason=reason)
    return 0
