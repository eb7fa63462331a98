"""`run PRESET`, `demo` and `resume RUN`: in this process or, with `--detach`, in the background."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from vitac_tui.commands.options import sets
from vitac_tui.errors import ExitCode, UserError, one_line
from vitac_tui.experiment import presets
from vitac_tui.experiment.settings import Experiment, digest
from vitac_tui.runs import directory, launch, log, results, status
from vitac_tui.runs.claim import claimed, created
from vitac_tui.runs.directory import RunDir

if TYPE_CHECKING:  # torch comes with these
    from vitac_tui.worker.prepare import Prepared


def run(args: argparse.Namespace) -> int:
    """Run a preset, as a new run or as the continuation of the run that `--run` names."""
    experiment = presets.load(
        args.preset,
        sets(args),
        find_run=lambda text: directory.experiment_data(args.runs, text),
    )
    root = _root(args)
    if args.run:
        directory.check_name(args.run)
    existing = RunDir(root / args.run) if args.run else None
    if existing is not None and existing.experiment.is_file():
        if digest(existing.load_experiment()) != digest(experiment):
            raise UserError(
                "this run exists and is of another experiment",
                where=str(existing.path),
                remedy="choose another --run name",
            )
        return _continue(args, existing, experiment)
    if args.run:
        directory.check_free(root, args.run)
    if args.detach:
        return _detach(args, root / (args.run or directory.new_name(experiment.name)))
    return run_anew(args, experiment)[1]


def run_anew(
    args: argparse.Namespace,
    experiment: Experiment,
    *,
    like: RunDir | None = None,
    table_on_stderr: bool = False,
) -> tuple[RunDir, int]:
    """Create a run of an experiment and execute it in this process.

    Args:
        args: the parsed command line.
        experiment: a resolved experiment.
        like: a run whose device and precision to use.
        table_on_stderr: print the results on stderr, and leave stdout to the caller.

    Returns:
        The run and its exit code.
    """
    _announce_checks(args)
    from vitac_tui.worker.prepare import prepare
    from vitac_tui.worker.process.environment import environment, picked_before
    from vitac_tui.worker.process.imports import import_everything

    picked = picked_before(like, experiment) if like is not None else None
    prepared = prepare(experiment, args.runs, picked=picked)
    import_everything()
    name = args.run or directory.new_name(experiment.name)
    made_with = environment(prepared.picked, command=args.argv)
    with created(_root(args), name, experiment, made_with) as made:
        return made, _supervise(args, made, prepared, table_on_stderr)


def resume(args: argparse.Namespace) -> int:
    """Continue a run from its last recorded unit; a finished run is left alone."""
    existing = directory.locate(args.runs, args.run_name)
    experiment = changed_in_execution(args, existing)
    began = existing.load_experiment()
    if (experiment.tags, experiment.notes) != (began.tags, began.notes):
        raise UserError(
            "tags and notes are written when a run begins", where="--set", remedy="leave them out"
        )
    return _continue(args, existing, experiment)


def changed_in_execution(args: argparse.Namespace, run: RunDir) -> Experiment:
    """Return the experiment of a run with the `--set` texts applied.

    Raises:
        UserError: a text changes a setting that affects results.
    """
    before = run.load_experiment()
    experiment = presets.load(str(run.experiment), sets(args))
    if digest(experiment) != digest(before):
        raise UserError(
            "a run keeps the settings that affect its results",
            where="--set",
            remedy="change execution settings only, or start a new run",
        )
    return experiment


def _continue(args: argparse.Namespace, existing: RunDir, experiment: Experiment) -> int:
    known = status.read(existing.status)
    if known.state == "finished":
        if args.json:
            made = results.project(existing.name, log.read(existing.events))
            sys.stdout.write(made.document().decode())
        else:
            text = f"{existing.name} is finished; see `vitac-tui show`"
            print(one_line(text), file=sys.stderr)
        return ExitCode.DONE
    if args.detach:
        with claimed(existing):  # so that a refusal is printed here and not in the background
            pass
        return _detach(args, existing.path)
    with claimed(existing):  # before anything that takes time
        _announce_checks(args)
        from vitac_tui.worker.prepare import prepare
        from vitac_tui.worker.process.environment import picked_before
        from vitac_tui.worker.process.imports import import_everything

        picked = picked_before(existing, experiment)
        prepared = prepare(experiment, existing.path.parent, picked=picked)
        import_everything()
        return _supervise(args, existing, prepared)


def _root(args: argparse.Namespace) -> Path:
    root: Path = args.runs or directory.DEFAULT_ROOT
    return root


def _announce_checks(args: argparse.Namespace) -> None:
    if not args.quiet:
        print("checking the experiment, its data and this machine", file=sys.stderr)


def _detach(args: argparse.Namespace, path: Path) -> int:
    """Start this command again as a background process and print the run's name."""
    given = [argument for argument in args.argv[1:] if argument != "--detach"]
    named = [] if args.run or hasattr(args, "run_name") else ["--run", path.name]
    code, output = launch.detach([*given, *named, "--as-detached", "--quiet"], path)
    if code is None:
        print(one_line(path.name))
        return ExitCode.DONE
    sys.stderr.write(output)
    return code


def _supervise(
    args: argparse.Namespace, run: RunDir, prepared: Prepared, table_on_stderr: bool = False
) -> int:
    from vitac_tui.console.divert import diverted
    from vitac_tui.console.progress import RunConsole
    from vitac_tui.console.tables import print_results
    from vitac_tui.worker.process.supervise import Options, supervise

    with diverted(run.log) as (out, err):
        console = RunConsole(err, quiet=args.quiet)
        console.start()
        try:
            options = Options(
                deadline=args.began + args.max_time,
                detached=args.as_detached,
                watch=(console.watch,),
                tick=(console.tick,),
                leave=console.stop,
            )
            ending = supervise(run, prepared, options)
        finally:
            console.stop()
        made = results.project(run.name, log.read(run.events))
        with suppress(BrokenPipeError):  # without a reader, the exit code is still the run's
            if args.json:
                out.write(made.document().decode())
            else:
                stream = err if table_on_stderr else out
                print_results(made, state=ending.state, reason=ending.reason, stream=stream)
            out.flush()
    if ending.exit_code is ExitCode.FAILED:
        if args.traceback:
            print(ending.trace, file=sys.stderr)
        print(one_line(f"vitac-tui: {ending.reason}"), file=sys.stderr)
    return ending.exit_code
