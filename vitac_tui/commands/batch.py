"""`--batch PRESET` and `resume RUN`: a run in the foreground, where this process is the run, or
detached, where one like it is started.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from vitac_tui.commands.options import sets
from vitac_tui.errors import ExitCode, UserError
from vitac_tui.experiment import presets
from vitac_tui.experiment.settings import Experiment, digest
from vitac_tui.runs import directory, launch, log, results, status
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
    root = _root(args)
    if args.run and (root / args.run).exists():
        existing = directory.find(root, args.run)
        if digest(existing.load_experiment()) != digest(experiment):
            raise UserError(
                "exists and is another experiment",
                where=str(existing.path),
                remedy="choose another --run name",
            )
        return _continue(args, existing, experiment)
    if args.detach:
        return _detach(args, root / (args.run or directory.new_name(experiment.name)))
    return run_anew(args, experiment)[1]


def run_anew(
    args: argparse.Namespace, experiment: Experiment, *, like: RunDir | None = None
) -> tuple[RunDir, int]:
    """Make a run of an experiment and see it through in the foreground.

    Args:
        args: the common options.
        experiment: resolved.
        like: a run whose device and precision are to be used.

    Returns:
        The run and its exit code.
    """
    _say_checking(args)
    from vitac_tui.worker.environment import environment
    from vitac_tui.worker.prepare import prepare

    picked = _picked(like, experiment) if like is not None else None
    prepared = prepare(experiment, args.runs, picked=picked)
    made = directory.create(
        _root(args),
        args.run or directory.new_name(experiment.name),
        experiment,
        environment(prepared.picked, command=args.argv),
    )
    return made, _supervise(args, made, prepared)


def resume(args: argparse.Namespace) -> int:
    """Go on with a run from its last unit; a finished one is left alone."""
    existing = directory.locate(args.runs, args.run_name)
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
    if args.detach:
        return _detach(args, existing.path)
    _say_checking(args)
    from vitac_tui.worker.prepare import prepare

    prepared = prepare(experiment, existing.path.parent, picked=_picked(existing, experiment))
    return _supervise(args, existing, prepared)


def _root(args: argparse.Namespace) -> Path:
    root: Path = args.runs or directory.DEFAULT_ROOT
    return root


def _say_checking(args: argparse.Namespace) -> None:
    if not args.quiet:
        print("checking the experiment, its data and this machine", file=sys.stderr)


def _detach(args: argparse.Namespace, path: Path) -> int:
    """Start this very command as a process of its own session, and print the run's name."""
    given = [argument for argument in args.argv[1:] if argument != "--detach"]
    named = [] if args.run or hasattr(args, "run_name") else ["--run", path.name]
    code, said = launch.detach([*given, *named, "--as-detached", "--quiet"], path)
    if code is None:
        print(path.name)
        return ExitCode.DONE
    sys.stderr.write(said)
    return code


def _picked(existing: RunDir, experiment: Experiment) -> Picked:
    """Device and precision of a run's first process, unless a device is now asked for."""
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
    from vitac_tui.worker.imports import import_everything
    from vitac_tui.worker.supervise import Options, supervise

    import_everything()
    with diverted(run.log) as (out, err):
        console = RunConsole(err, quiet=args.quiet)
        console.start()
        try:
            options = Options(
                max_time_s=args.max_time,
                detached=args.as_detached,
                watch=(console.watch,),
                tick=(console.tick,),
            )
            ending = supervise(run, prepared, options)
        finally:
            console.stop()
        if args.json:
            out.write(run.results.read_text("utf-8"))
        else:
            table = results.project(run.name, log.read(run.events))
            print_results(table, state=ending.state, reason=ending.reason, stream=out)
    if ending.exit_code is ExitCode.FAILED:
        if args.traceback:
            print(ending.trace, file=sys.stderr)
        print(f"vitac-tui: {ending.reason}", file=sys.stderr)
    return ending.exit_code
