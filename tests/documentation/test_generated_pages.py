"""Generated pages and tables are what the code says, and pages name only what exists."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from generate import pages, tables
from support import Command, results_of

ROOT = Path(__file__).parents[2]


def test_generated_pages_are_up_to_date() -> None:
    stale = [path.relative_to(ROOT).as_posix() for path in pages.stale()]
    assert not stale, f"run `make reference` (python docs/generate/pages.py): {stale}"


def test_a_page_that_lags_behind_the_code_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(pages.PAGES, "docs/keys.md", lambda: "# Other keys\n")
    assert [path.name for path in pages.stale()] == ["keys.md"]


def test_the_results_table_is_made_from_any_run(
    tiny: Path, tmp_path: Path, vitac_tui: Command
) -> None:
    done = vitac_tui("--batch", tiny, "--run", "r", "--set", "train.epochs=1", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    run = tmp_path / "runs" / "r"
    table = tables.model_table(run)
    models = results_of(run)["models"]
    assert len(table.splitlines()) == len(models) + 2
    assert all(f"| {row['id']}" in table for row in models)
    tables.save_record(run, tmp_path / "record")
    assert tables.model_table(tmp_path / "record") == table
    assert "validation" in tables.caption(tmp_path / "record")


def test_the_committed_record_names_no_host_and_no_path() -> None:
    for path in tables.RECORD.glob("*.json"):
        assert not re.search(r"/(work|home|tmp|Users)/|host", path.read_text()), path


def test_pages_name_only_presets_that_exist() -> None:
    known = {path.stem for path in (ROOT / "presets").glob("*.toml")}
    named: set[str] = set()
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        # Names only: `limit.toml` is a file, and a name in capitals stands for any.
        named |= set(re.findall(r"vitac-tui run ([a-z][a-z-]+)(?![\w.-])", path.read_text()))
    assert named
    assert named <= known


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_of_top_level_pages_lead_to_files(name: str) -> None:
    text = (ROOT / name).read_text()
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", text)
    missing = [link for link in links if not (ROOT / link).exists()]
    assert not missing


def test_the_script_runs_from_any_folder(tmp_path: Path) -> None:
    script = ROOT / "docs" / "generate" / "pages.py"
    done = subprocess.run(
        [sys.executable, script, "--check"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_architecture_names_every_package_and_only_files_that_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    package = ROOT / "vitac_tui"
    packages = {path.parent.name for path in package.glob("*/__init__.py")}
    assert {name for name in packages if f"`{name}/`" not in text} == set()
    named = set(re.findall(r"`((?:\w+/)*\w+\.py)(?::\w+)?`", text))
    assert named
    assert {name for name in named if not (package / name).is_file()} == set()
