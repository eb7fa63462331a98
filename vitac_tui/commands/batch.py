"""`--batch PRESET` and `resume RUN`: one worker in the foreground; this process is the run."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from vitac_tui.commands.options import sets
from vitac_tui.errors import ExitCode, UserError
from vitac_tui.experiment import presets
from vitac_tui.experiment.settings import Experiment, digest
from vitac_tui.runs import directory, results, status
from vitac_tui.runs.directory import RunDir

if TYPE_CHECKING:  # torch comes with these
    from vitac_tui.training.devices import Picked
    from vitac_tui.worker.prepare import Prepared


def run(args: argparse.Namespace) -> int:
    """Run a preset to its end, as a new run or as the continuation of `--run NAME`."""
    experiment = presets.load(
        args.batch,
        sets(args),
        find_run=lambda text: directory.experiment_data(args.runs, text),
    )
    if args.run and (args.runs / args.run).exists():
        existing = directory.find(args.runs, args.run)
        if digest(existing.load_experiment()) != digest(experiment):
            raise UserError(
                "exists and is another experiment",
                where=str(existing.path),
                remedy="choose another --run name",
            )
        return _continue(args, existing, existing.load_experiment())
    if not args.quiet:
        print("checking the experiment, its data and this machine", file=sys.stderr)
    from vitac_tui.worker.environment import environment
    from vitac_tui.worker.prepare import prepare

    prepared = prepare(experiment, args.runs)
    made = directory.create(
        args.runs,
        args.run or directory.new_name(experiment.name),
        experiment,
        environment(prepared.picked, command=args.argv),
    )
    return _supervise(args, made, prepared)


def resume(args: argparse.Namespace) -> int:
    """Go on with a run from its last unit; a finished one is left alone."""
    existing = directory.find(args.runs, args.run_name)
    before = existing.load_experiment()
    experiment = presets.load(str(existing.experiment), sets(args))
    if digest(experiment) != digest(before):
        raise UserError(
            "a run keeps the settings that decide its figures",
            where="--set",
            remedy="change execution settings only, or start a new run",
        )
    return _continue(args, existing, experiment)


def _continue(args: argparse.Namespace, existing: RunDir, experiment: Experiment) -> int:
    known = status.read(existing.status)
    if known is not None and known.state == "finished":
        if args.json:
            sys.stdout.write(existing.results.read_text("utf-8"))
        else:
            print(f"{existing.name} is finished; see `vitac-tui show`", file=sys.stderr)
        return ExitCode.DONE
    from vitac_tui.worker.prepare import prepare

    prepared = prepare(experiment, args.runs, picked=_picked(existing, experiment))
    return _supervise(args, existing, prepared)


def _picked(existing: RunDir, experiment: Experiment) -> Picked:
    """Device and precision of the run's first process, unless a device is now asked for."""
    from vitac_tui.training.devices import pick

    try:
        recorded = json.loads(existing.environment.read_bytes())
        device, precision = str(recorded["device"]), recorded["precision"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(
            "cannot be read", where=str(existing.environment), remedy="start a new run"
        ) from None
    return pick(device if experiment.device == "auto" else experiment.device, precision)


def _supervise(args: argparse.Namespace, run: RunDir, prepared: Prepared) -> int:
    from vitac_tui.console.divert import diverted
    from vitac_tui.console.progress import RunConsole
    from vitac_tui.console.tables import print_results
    from vitac_tui.worker.supervise import Options, supervise

    with diverted(run.log) as (out, err):
        console = RunConsole(err, quiet=args.quiet)
        console.start()
        try:
            options = Options(args.max_time, (console.watch,), (console.tick,))
            ending = supervise(run, prepared, options)
        finally:
            console.stop()
        if args.json:
            out.write(run.results.read_text("utf-8"))
        else:
            print_results(_results(run), state=ending.state, reason=ending.reason, stream=out)
    if ending.exit_code is ExitCode.FAILED:
        if args.traceback:
            print(ending.trace, file=sys.stderr)
        print(f"vitac-tui: {ending.reason}", file=sys.stderr)
    return ending.exit_code


def _results(run: RunDir) -> results.Results:
    from vitac_tui.runs import log

    return results.project(run.name, log.read(run.events))
