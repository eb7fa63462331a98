"""The commands of the tutorials run as they stand there, and show what the text says."""

from pathlib import Path

import pytest
from documentation.tutorials import blocks, run_shell
from support import TINY, Command, write_stripes

PAGES = (
    "tutorials/your-own-images.md",
    "tutorials/trust-your-split.md",
    "tutorials/accuracy-limit.md",
    "tutorials/over-ssh.md",
)
CHANNELS = """
[[variant]]
name = "channels"
[[variant.prune]]
method = "depgraph"
amount = 0.5
recover = {bn_batches = 3, epochs = 1}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The reader's folder: later pages continue with what earlier ones have made."""
    return tmp_path_factory.mktemp("reader")


def shell(page: str, *, slow: bool) -> list[str]:
    return [block.text for block in blocks(page, "sh") if slow or not block.slow]


def test_the_checks_of_the_first_tutorial_find_the_leak_and_its_cure(
    folder: Path, environment: dict[str, str]
) -> None:
    render, leaking, cured = shell("tutorials/your-own-images.md", slow=False)
    assert "cloth0011" in run_shell(render, folder, environment)
    assert "verdict: leak: 7 of 60 validation images" in run_shell(leaking, folder, environment)
    assert "verdict: nothing found" in run_shell(cured, folder, environment)


def test_the_two_splits_of_the_tutorial_differ_in_their_verdict(
    folder: Path, environment: dict[str, str]
) -> None:
    by_image, by_press = shell("tutorials/trust-your-split.md", slow=False)
    assert "verdict: leak" in run_shell(by_image, folder, environment)
    assert "verdict: nothing found" in run_shell(by_press, folder, environment)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_tutorial_runs(
    page: str, folder: Path, environment: dict[str, str]
) -> None:
    run_shell("\n".join(shell(page, slow=True)), folder, environment)


def test_the_snippets_load_a_pruned_and_a_dense_model(
    tmp_path: Path, vitac_tui: Command, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    images = write_stripes(tmp_path / "photos")
    image = next(images.rglob("*.png"))
    named = images / "cloth0011" / "photo0_0.png"  # the image that the snippet classifies
    preset = tmp_path / "tiny.toml"
    preset.write_text(TINY.format(root=images) + CHANNELS)
    done = vitac_tui("--batch", preset, "--run", "first", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    named.parent.mkdir()
    named.write_bytes(image.read_bytes())

    monkeypatch.chdir(tmp_path)
    pruned, plain = blocks("tutorials/load-in-python.md", "python")
    scope: dict[str, object] = {}
    exec(pruned.text, scope)
    assert capsys.readouterr().out.startswith("class")
    exec(plain.text, scope)
    model, inputs = scope["model"], scope["inputs"]
    assert callable(model)
    assert model(inputs).shape == (1, 3)
