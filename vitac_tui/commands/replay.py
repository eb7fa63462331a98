"""`replay RUN|PRESET`: run the same experiment again and compare the results."""

from __future__ import annotations

import argparse
import json
import os
import sys
from typing import Any

from vitac_tui.commands import batch
from vitac_tui.commands.options import sets
from vitac_tui.errors import ExitCode, UserError, counted, one_line
from vitac_tui.experiment import presets
from vitac_tui.experiment.settings import Experiment, digest
from vitac_tui.runs import directory, log, results, status
from vitac_tui.runs.compare import Difference, differences, one_sided
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.jsontext import document
from vitac_tui.system.files import read_json

SHOWN = 20  # differences printed; --json has all


def run(args: argparse.Namespace) -> int:
    """Run the experiment again as a new run and compare; exit 0 if identical, 3 if not."""
    source, experiment = _source(args)
    before, made_before = _read(source)
    as_json, args.json = args.json, False
    # The first run's device and precision, so that a difference is the code's or the machine's.
    new, code = batch.run_anew(args, experiment, like=source, table_on_stderr=True)
    if code != ExitCode.DONE:
        return code
    after, made_after = _read(new)
    found = list(differences(before, after))
    skipped = one_sided(before, after)
    made = list(_made_with(made_before, made_after))
    if as_json:
        report = {
            "source": source.name,
            "replay": new.name,
            "identical": not found,
            "differences": [vars(difference) for difference in found],
            "not_compared": skipped,
            "environment": [vars(difference) for difference in made],
        }
        sys.stdout.write(document(report).decode())
    else:
        _print(source, new, found, skipped, made)
    return ExitCode.FAILED if found else ExitCode.DONE


def _source(args: argparse.Namespace) -> tuple[RunDir, Experiment]:
    """The run to compare with, and its experiment. A preset stands for its newest finished run."""
    text = args.source
    if text not in presets.built_in() and not text.endswith(".toml"):
        source = directory.locate(args.runs, text)
        _require_finished(source)
        return source, batch.changed_in_execution(args, source)
    experiment = presets.load(
        text, sets(args), find_run=lambda name: directory.experiment_data(args.runs, name)
    )
    wanted = digest(experiment)
    for candidate in reversed(directory.all_runs(args.runs or directory.DEFAULT_ROOT)):
        known = status.read(candidate.status)
        if known.state == "finished" and _digest(candidate) == wanted:
            return candidate, experiment
    raise UserError(
        "no finished run of this experiment to compare with",
        where=text,
        remedy=f"run it first: vitac-tui --batch {text}",
    )


def _digest(run: RunDir) -> str:
    try:
        return digest(run.load_experiment())
    except UserError:  # of another version
        return ""


def _require_finished(source: RunDir) -> None:
    state, reason = status.shown(status.read(source.status))
    if state != "finished":
        why = f" ({reason})" if reason else ""
        raise UserError(f"is {state}{why}", where=source.name, remedy="replay a finished run")


def _made_with(first: dict[str, Any], second: dict[str, Any]) -> list[Difference]:
    """What differs between the machines and the versions of two runs."""
    keys = ("versions", "device_name", "precision", "threads", "cpu", "platform")
    return [
        difference
        for key in keys
        for difference in differences(first.get(key), second.get(key), key)
    ]


def _read(run: RunDir) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a run's results and its environment; without `results.json`, those of its log."""
    if os.path.lexists(run.results):
        found = read_json(run.results, form=results.SCHEMA, largest=results.LARGEST)
    else:
        found = json.loads(results.project(run.name, log.read(run.events)).document())
    return found, directory.read_environment(run)


def _print(
    source: RunDir,
    new: RunDir,
    found: list[Difference],
    skipped: list[str],
    made: list[Difference],
) -> None:
    if found:
        print(
            one_line(f"different: {counted(len(found), 'value')} of {new.name} and {source.name}")
        )
    else:
        print(one_line(f"identical: {new.name} has the results of {source.name}, timings aside"))
    for difference in found[:SHOWN]:
        print(one_line(f"  {difference}"))
    if len(found) > SHOWN:
        print(f"  and {len(found) - SHOWN} more; --json lists all")
    if skipped:
        print(one_line(f"  not compared, since only one run has them: {', '.join(skipped)}"))
    for difference in made:
        print(one_line(f"  environment: {difference}"))
