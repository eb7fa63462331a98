"""`presets`, `preset show` and `preset schema`: list and print presets."""

from __future__ import annotations

import argparse
import json
import sys

from vitac_tui.commands.options import sets
from vitac_tui.experiment import presets, toml
from vitac_tui.experiment.settings import Experiment


def list_presets(args: argparse.Namespace) -> int:
    """Print the name and the description of every built-in preset."""
    found = presets.built_in()
    described = {
        name: str(toml.parse(toml.read(path), str(path)).get("description", ""))
        for name, path in found.items()
    }
    if args.json:
        json.dump(described, sys.stdout, indent=1)
        print()
        return 0
    width = max(map(len, described), default=0)
    for name, description in described.items():
        print(f"{name:<{width}}  {description}")
    return 0


def show(args: argparse.Namespace) -> int:
    """Print a preset with every setting filled in; the text is a preset of the same experiment."""
    from vitac_tui.runs.directory import experiment_data
    from vitac_tui.runs.jsontext import escaped

    experiment = presets.load(
        args.name, sets(args), find_run=lambda text: experiment_data(args.runs, text)
    )
    print(escaped(toml.dumps(experiment)), end="")
    return 0


def schema(args: argparse.Namespace) -> int:
    """Print the JSON schema that presets are validated against."""
    json.dump(Experiment.model_json_schema(by_alias=True), sys.stdout, indent=1)
    print()
    return 0
