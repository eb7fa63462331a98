"""Presets and `--set` texts that mean harm: one line, exit code 2, and nothing left behind."""

import os
from pathlib import Path

import pytest

from vitac_tui.cli import main
from vitac_tui.errors import UserError
from vitac_tui.experiment import presets

HEAD = """\
name = "x"
[dataset]
layout = "folder"
root = "d"
[model]
arch = "resnet18"
"""
STEPS = """\
[[variant]]
name = "a"
[[variant.prune]]
method = "global_unstructured"
amount = 0.5
[[variant]]
name = "b.c"
[[variant.prune]]
method = "depgraph"
amount = 0.5
"""
BIG, DIGITS = "10000000000", "9" * 5000


@pytest.fixture
def refuse(tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def run(source: str, *sets: str) -> str:
        before = sorted(tmp_path.iterdir())
        options = [part for text in sets for part in ("--set", text)]
        assert main(["preset", "show", source, *options]) == 2
        out, err = capfd.readouterr()
        assert out == ""
        assert err.count("\n") == 1
        assert err.endswith("\n")
        assert len(err) < 2000
        assert sorted(tmp_path.iterdir()) == before
        return err

    return run


@pytest.mark.parametrize(
    "text, expected",
    [
        (f"seed = {DIGITS}", "p.toml:1: a number has too many digits"),
        (f"seed = 0x{'f' * 5000}", "p.toml:1: seed: is a whole number of more than 64 bits"),
        (f"{HEAD}[train]\nepochs = {BIG}", "p.toml:8: train.epochs: must be at most 100000"),
        ("x = " + "[" * 5000 + "]" * 5000, "p.toml: is nested too deeply"),
        ("x = " + "[" * 100 + "]" * 100, "is nested too deeply"),
        (".".join(["a"] * 3000) + " = 1", "is nested too deeply"),
        ("[" + ".".join(["a"] * 3000) + "]", "is nested too deeply"),
        ("x = " + "{a = " * 400 + "1" + "}" * 400, "is nested too deeply"),
        (HEAD.replace('"d"', '"a\\u0000b"'), "p.toml:4: dataset.root: holds a NUL character"),
        (HEAD.replace('"x"', '"a\\u0000b"'), "p.toml:1: name: holds a NUL character"),
        ("[" + " " * 200_000 + "x!", "p.toml:1: does not parse as TOML"),
        ("a" * 500_000 + " = 1", "unknown key"),
        ('name = "' + "a" * 500_000 + '"\n', "name: 'aaaaa"),
        ("name = 1979-05-27\n" + HEAD.partition("\n")[2], "expects text, not 1979-05-27"),
        (HEAD.replace("root =", '"root" = 3 #'), "p.toml:4: dataset.root: expects text, not 3"),
        (HEAD.replace("[model]", '["model"]').replace("resnet18", "x"), "p.toml:6: model.arch"),
        ("x = 1\r\n" + HEAD.replace("\n", "\r\n"), "p.toml:1: x: unknown key"),
        ("\ufeffx = 1\n" + HEAD, "p.toml:1: x: unknown key"),
        (f"notes = 'a\u2028b'\nseed = 1.5\n{HEAD}", "p.toml:2: seed: expects a whole number"),
        (HEAD + STEPS.replace('"b.c"', '"A"'), "p.toml:13: variant.1.name: 'A' is the name of"),
        (HEAD + STEPS.replace('"a"', '"Dense"'), "p.toml:8: variant.0.name: 'Dense' is the name"),
        (HEAD + STEPS.replace("amount = 0.5", "", 2), "variant.0.prune.0.amount: is required"),
        (
            HEAD + STEPS.replace('"depgraph"\namount = 0.5', '"depgraph"'),
            "p.toml:14: variant.1.prune.0: needs amount, or layer and channels",
        ),
        (
            HEAD + STEPS + "[[prune]]\nmethod = 'depgraph'\namount = 0.1",
            "p.toml:7: variant: give either",
        ),
        (f"seeds = [1, 1]\n{HEAD}", "p.toml:1: seeds: a seed stands twice"),
        (f"{HEAD}[dataset.split]\nval = 0.9", "p.toml:8: dataset.split.val: leaves nothing"),
        (
            f"{HEAD}[train]\nlearning_rate = [1, 1]",
            "p.toml:8: train.learning_rate: a rate stands twice",
        ),
        (
            f"seeds = {list(range(300))}\n{HEAD}[train]\nepochs = 1000",
            "p.toml:1: seeds: comes to 300,000 epochs and rungs",
        ),
    ],
    ids=lambda value: value[:20] if value.startswith("p.toml") else value[-40:],
)
def test_a_hostile_preset(refuse, tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "p.toml").write_bytes(text.encode())
    assert expected in refuse("p.toml")


@pytest.mark.parametrize(
    "change, expected",
    [
        (f"train.epochs={BIG}", "train.epochs: must be at most 100000"),
        (f"train.epochs={DIGITS}", "train.epochs: expects a whole number, not text '9999"),
        (f"seed=0x{'f' * 5000}", "seed: is a whole number of more than 64 bits"),
        ("seed=" + "[" * 5000, "seed: expects a whole number"),
        ("seed=" + "[" * 200 + "]" * 200, "is nested too deeply"),
        ("a." * 3000 + "b=1", "is nested too deeply"),
        (f"prune.{DIGITS}.amount=1", "prune has no element"),
        ("notes=a\udcffb", "notes: is not UTF-8 text"),
        ("name=\udcff", "name: is not UTF-8 text"),
        ('tags=["a\\u0000b"]', "tags.0: holds a NUL character"),
        ("model.weights=~nosuchuser/w.pt", "model.weights: '~nosuchuser/w.pt' starts with a user"),
        ("dataset.root=~nosuchuser", "dataset.root: '~nosuchuser' starts with a user"),
        ("dataset.cache=~nosuchuser", "dataset.cache: '~nosuchuser' starts with a user"),
        ("checkpoint_every=99999999999 minutes", "checkpoint_every: '99999999999 minutes' does"),
        ("checkpoint_every=100000 epochs", "does not have the right form"),
        (f"device=cuda:{DIGITS}", "does not have the right form"),
        ("evaluate.latency_batch=1000000000", "must be at most 65536"),
        ("evaluate.batch_size=1000000000", "must be at most 65536"),
        ("train.batch_size=1000000000", "must be at most 65536"),
        ("dataset.split.seed=4294967296", "must be at most 4294967295"),
        ("dataset.image_size=100000", "must be at most 4096"),
        ("train.learning_rate=1e300", "must be at most 1e+30"),
        ("train.learning_rate=x", "train.learning_rate.0: expects a number, not text 'x'; "),
        ("seeds=" + str([*range(2000)]), "seeds: has 2000 elements, and at most 1000 are allowed"),
        ("variant.a.prune.0.recover.epochs=1000000", "must be at most 100000"),
        ("variant.a.prune.0.recover.bn_batches=1000000", "must be at most 100000"),
        ("variant.b.c.prune.0.amount=.3", "variant has no element 'b'; it has 2: a, b.c"),
        ("variant.1.prune.0.round_to=1000", "must be at most 512"),
        ("variant.1.prune.0.amount=.3", "expects a number, not text '.3'; write 0.3"),
        ("variant.1.prune.7.amount=0.3", "variant.1.prune has no element '7'; it has 1: 0"),
        ("variant.1.prune.0.amount=0", "variant.1.prune.0.amount: needs amount, or layer and"),
        ("variant.1.prune.0.amount={to = {}}", "variant.1.prune.0.amount.to: {to = ...} is"),
        (
            "variant.a.prune.0={method = 'ln_structured', layers = ['fc'], amount = 0, n = 1e300}",
            "variant.0.prune.0.n: must be at most 10",
        ),
        ("prune.0.amount=.3", "prune has no element '0'; it is empty: the preset has no prune"),
        ("variant.1.name=A", "variant.1.name: 'A' is the name of variant 0 already"),
        ("dataset.split.test=0.95", "dataset.split.test: leaves nothing to train on"),
        ("dataset.split.x.y=1", "dataset.split.x: unknown key"),
        ("nonsense.x=1", "nonsense: unknown key"),
        ("train.seed=1", "train.seed: unknown key"),
        ("\udcff=1", "is not UTF-8 text"),
        ("dataset.group=" + "(" * 3000 + "x" + ")" * 3000, "is no regular expression"),
        ("dataset.group=(a{99999999999})", "is no regular expression (the repetition number is"),
        ("from_run=nowhere", "from_run: runs: no run 'nowhere'"),
    ],
    ids=lambda value: value[:40].encode(errors="replace").decode(),
)
def test_a_hostile_override(refuse, tmp_path: Path, change: str, expected: str) -> None:
    (tmp_path / "p.toml").write_text(HEAD + STEPS)
    said = refuse("p.toml", change)
    assert expected in said
    assert said.startswith("vitac-tui: --set ")


@pytest.mark.parametrize(
    "source, expected",
    [
        ("x" * 5000, "no preset 'xxx"),
        ("x" * 5000 + ".toml", "cannot be read (File name too long)"),
        ("a\x00b", "holds a NUL character"),
        ("a\x00b.toml", "holds a NUL character"),
        ("\udcff.toml", "is no UTF-8 text"),
        (".", "is a directory"),
        ("/dev/zero", "is no regular file"),
        ("pipe", "is no regular file"),
        ("large.toml", "too large for a preset"),
        ("utf16.toml", "is not UTF-8 text"),
    ],
    ids=lambda value: value[:20].encode(errors="replace").decode(),
)
def test_what_is_no_preset(refuse, tmp_path: Path, source: str, expected: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "utf16.toml").write_text(HEAD, "utf-16")
    with (tmp_path / "large.toml").open("wb") as file:
        file.truncate(2**30)
    assert expected in refuse(source)


@pytest.mark.parametrize("form", ["\ufeff{}", "{}\r\n"])
def test_what_windows_writes_is_a_preset(tmp_path: Path, form: str) -> None:
    (tmp_path / "p.toml").write_bytes(form.format(HEAD).replace("\n", "\r\n").encode())
    assert presets.load(str(tmp_path / "p.toml")).model.arch == "resnet18"


def test_several_problems_are_counted_by_key(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(HEAD)
    for changes, more in (
        (["train.learning_rate=x"], ""),
        (["train.epochs=x", "train.momentum=2"], "(and 1 more problem)"),
        (["train.epochs=x", "train.momentum=2", "seed=-1"], "(and 2 more problems)"),
    ):
        with pytest.raises(UserError) as caught:
            presets.load(str(path), changes)
        assert more in str(caught.value)
        assert ("more problem" in str(caught.value)) == bool(more)
    path.write_text(HEAD.replace("arch", "arhc"))
    with pytest.raises(UserError, match=r"unknown key \(did you mean 'arch'\?\)$"):
        presets.load(str(path))
