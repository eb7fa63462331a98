"""What is installed is what the repository holds."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_every_package_is_listed_for_installation() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {
        str(path.parent.relative_to(ROOT)).replace("/", ".")
        for path in (ROOT / "vitac_tui").rglob("__init__.py")
    }
    assert set(listed) == found | {"vitac_tui.presets"}
    assert len(listed) == len(set(listed))


def test_the_installed_package_has_the_presets_of_the_repository(tmp_path: Path) -> None:
    list_presets = "from vitac_tui.experiment.presets import built_in; print(*built_in())"
    done = subprocess.run(
        [sys.executable, "-c", list_presets],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(done.stdout.split()) == sorted(
        path.stem for path in (ROOT / "presets").glob("*.toml")
    )


def test_a_plain_checkout_runs_without_installation(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    for name in ("vitac_tui", "presets"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, checkout / name, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", checkout)
    code = "import vitac_tui, sys; sys.exit(vitac_tui.__file__ != sys.argv[1])"
    package = str(checkout / "vitac_tui" / "__init__.py")
    subprocess.run([sys.executable, "-c", code, package], cwd=checkout, check=True)
    sets = ["dataset.classes=2", "dataset.presses=6", "dataset.size=32", "dataset.image_size=32"]
    sets += ["train.epochs=1", "variant=[]", "evaluate.latency_s=0"]
    done = subprocess.run(
        [sys.executable, "-m", "vitac_tui", "demo", "--run", "r", *(f"--set={s}" for s in sets)],
        cwd=checkout,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (checkout / "runs" / "r" / "results.json").is_file()


def test_the_readme_names_only_commands_that_exist(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    used = {
        line.split("vitac-tui ", 1)[1].split()[0].rstrip(";")
        for block in readme.split("```sh")[1:]
        for line in block.split("```")[0].splitlines()
        if line.startswith("vitac-tui ")
    }
    help = subprocess.run(
        [sys.executable, "-m", "vitac_tui", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert used
    assert all(name in help for name in used), used
