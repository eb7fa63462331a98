"""A layout of another installed package: the documented example, used by the real command."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from support import documented, install

Run = Callable[..., "subprocess.CompletedProcess[str]"]
PREFIX = "acme_layouts/"


@pytest.fixture
def command(tmp_path: Path, environment: dict[str, str]) -> Run:
    """Runs a command where the documented package is installed."""
    files = {
        path.removeprefix(PREFIX): text
        for path, text in documented().items()
        if path.startswith(PREFIX)
    }
    site = install(tmp_path / "site", files)

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": f"{site}:{Path(__file__).parents[2]}"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def archive(tmp_path: Path, stripes: Path) -> Path:
    """The images of `stripes` in a tar archive."""
    (tmp_path / "set").mkdir()
    with tarfile.open(tmp_path / "set" / "images.tar", "w") as file:
        for path in sorted(stripes.rglob("*.png")):
            file.add(path, str(path.relative_to(stripes)))
    return tmp_path / "set"


def test_a_dataset_in_a_tar_archive_is_checked(command: Run, archive: Path, stripes: Path) -> None:
    shared = ("--set", "dataset.split.by=image", "--json", "--quiet")
    done = command("-m", "vitac_tui", "dataset", "check", archive, "--layout", "tar", *shared)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    same = command("-m", "vitac_tui", "dataset", "check", stripes, "--layout", "folder", *shared)
    expected = json.loads(same.stdout)
    for key in ("classes", "images", "class_names", "corrupt", "fingerprint", "sizes", "modes"):
        assert found.get(key) == expected.get(key), key
    assert found["layout"] == "tar"


def test_settings_and_errors_of_the_layout_are_like_the_built_in_ones(
    command: Run, archive: Path
) -> None:
    def refused(*arguments: str) -> str:
        check = ("-m", "vitac_tui", "dataset", "check", archive, "--quiet")
        done = command(*check, *arguments)
        assert done.returncode == 2, done.stderr
        return done.stderr.splitlines()[-1]

    assert "check dataset.archive" in refused(
        "--layout", "tar", "--set", "dataset.archive=gone.tar"
    )
    assert "unknown key (did you mean 'archive'?)" in refused(
        "--layout", "tar", "--set", "dataset.archiv=x.tar"
    )
    assert "did you mean 'tar'?" in refused("--layout", "tarr")


def test_the_layout_is_listed_without_torch(command: Run) -> None:
    code = """
import sys
from vitac_tui.experiment.dataset import LAYOUTS
from vitac_tui.experiment.fields import fields
assert list(LAYOUTS)[-1] == "tar"
keys = {(field.key, field.when) for field in fields()}
assert ("dataset.archive", ("dataset.layout", "tar")) in keys
assert "torch" not in sys.modules
"""
    done = command("-c", code)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "text, why",
    [
        ("TarLayout = 3", "acme_tar.settings:TarLayout is not a subclass of DatasetSettings"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        (
            "from vitac_tui.experiment.dataset import DatasetSettings as TarLayout",
            "DatasetSettings does not declare 'implementation'",
        ),
    ],
)
def test_a_broken_layout_is_named_with_its_package(
    command: Run, tmp_path: Path, archive: Path, text: str, why: str
) -> None:
    (tmp_path / "site/acme_tar/settings.py").write_text(text)
    done = command("-m", "vitac_tui", "dataset", "check", archive, "--layout", "tar")
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert f"'tar' of acme-layouts 1.0 cannot be used ({why})" in line
    listed = command("-m", "vitac_tui", "preset", "schema")
    assert listed.returncode == 0, listed.stderr
    assert '"npz"' in listed.stdout
    assert '"tar"' not in listed.stdout
