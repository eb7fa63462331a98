"""Presets and `--set` texts that are wrong or mean harm."""

from __future__ import annotations

from pathlib import Path

from corpus.case import kind, nothing, write
from corpus.nofiles import NO_FILES, instead_of

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


def preset(folder: Path) -> None:
    """A preset of two variants."""
    (folder / "p.toml").write_text(HEAD + STEPS)


def shortened(text: str) -> str:
    """A case's name from the text that it is about."""
    return text if len(text) <= 50 else f"{text[:20]}...{text[-25:]}"


#: A preset's text, and what is said of it.
TEXTS = [
    (f"seed = {DIGITS}", "p.toml:1: a number has too many digits"),
    (f"seed = 0x{'f' * 5000}", "p.toml:1: seed: is a whole number of more than 64 bits"),
    (f"{HEAD}[train]\nepochs = {BIG}", "p.toml:8: train.epochs: must be at most 100000"),
    ("x = " + "[" * 5000 + "]" * 5000, "p.toml: is nested too deeply"),
    ("x = " + "[" * 100 + "]" * 100, "is nested too deeply"),
    (".".join(["a"] * 3000) + " = 1", "p.toml:1: is nested too deeply"),
    (f"{HEAD}\n[" + ".".join(["a"] * 3000) + "]", "p.toml:8: is nested too deeply"),
    ("x = {" + " . ".join(["'a'"] * 100_000) + " = 1}", "p.toml:1: is nested too deeply"),
    ("\n\t" + "a." * 400_000 + " = 1", "p.toml:2: is nested too deeply"),
    ("\n\t" + '"\\"=\'" . ' * 80_000 + " = 1", "p.toml:2: is nested too deeply"),
    ("x = " + "{a = " * 400 + "1" + "}" * 400, "is nested too deeply"),
    (HEAD.replace('"d"', '"a\\u0000b"'), "p.toml:4: dataset.root: contains a NUL character"),
    (HEAD.replace('"x"', '"a\\u0000b"'), "p.toml:1: name: contains a NUL character"),
    ("[" + " " * 200_000 + "x!", "p.toml:1: is not valid TOML"),
    ("a" * 500_000 + " = 1", "unknown key"),
    ('name = "' + "a" * 500_000 + '"\n', "name: 'aaaaa"),
    ("name = 1979-05-27\n" + HEAD.partition("\n")[2], "expects text, not 1979-05-27"),
    (HEAD.replace("root =", '"root" = 3 #'), "p.toml:4: dataset.root: expects text, not 3"),
    (HEAD.replace("[model]", '["model"]').replace("resnet18", "x"), "p.toml:6: model.arch"),
    ("x = 1\r\n" + HEAD.replace("\n", "\r\n"), "p.toml:1: x: unknown key"),
    ("\ufeffx = 1\n" + HEAD, "p.toml:1: x: unknown key"),
    (f"notes = 'a\u2028b'\nseed = 1.5\n{HEAD}", "p.toml:2: seed: expects a whole number"),
    (HEAD + STEPS.replace('"b.c"', '"A"'), "p.toml:13: variant.1.name: 'A' is already the name of"),
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
    (f"seeds = [1, 1]\n{HEAD}", "p.toml:1: seeds: a seed appears twice"),
    (f"{HEAD}[dataset.split]\nval = 0.9", "p.toml:8: dataset.split.val: no images are left"),
    (
        f"{HEAD}[train]\nlearning_rate = [1, 1]",
        "p.toml:8: train.learning_rate: a learning rate appears twice",
    ),
    (
        f"seeds = {list(range(300))}\n{HEAD}[train]\nepochs = 1000",
        "p.toml:1: seeds: needs 300,000 epochs and evaluations",
    ),
]
add = kind("preset", preset, "preset show p.toml", "--quiet --batch p.toml")
for text, says in TEXTS:
    add(f"{says[:30]} of {shortened(text)}", write("p.toml", text), says)
for what in NO_FILES:
    add(what, instead_of("p.toml", what), "p.toml: ")
add("UTF-16", write("p.toml", HEAD.encode("utf-16")), "p.toml: is not UTF-8 text")
add("a megabyte", write("p.toml", "#" * 1_000_001), "p.toml: too large for a preset")

#: A `--set` text, and what is said of it.
SETS = [
    (f"train.epochs={BIG}", "train.epochs: must be at most 100000"),
    (f"train.epochs={DIGITS}", "train.epochs: expects a whole number, not text '9999"),
    (f"seed=0x{'f' * 5000}", "seed: is a whole number of more than 64 bits"),
    ("seed=" + "[" * 5000, "seed: expects a whole number"),
    ("seed=" + "[" * 200 + "]" * 200, "is nested too deeply"),
    ("a." * 3000 + "b=1", "is nested too deeply"),
    (f"prune.{DIGITS}.amount=1", "prune has no element"),
    ("notes=a\udcffb", "notes: is not UTF-8 text"),
    ("name=\udcff", "name: is not UTF-8 text"),
    ('tags=["a\\u0000b"]', "tags.0: contains a NUL character"),
    (
        "model.weights=~nosuchuser/w.pt",
        "model.weights: '~nosuchuser/w.pt' starts with an unknown user",
    ),
    ("dataset.root=~nosuchuser", "dataset.root: '~nosuchuser' starts with an unknown user"),
    ("dataset.cache=~nosuchuser", "dataset.cache: '~nosuchuser' starts with an unknown user"),
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
    *[
        (f"variant.a.prune.0.amount={{sweep=[0.2,0.5],refine={refine}}}", f"amount.refine: {says}")
        for refine, says in (
            ("-0.01", "must be at least 0, not -0.01"),
            ("1e-300", "must be at least 0.0001, or 0 (off)"),
            ("nan", "must be a finite number"),
            ("inf", "must be a finite number"),
            ("0.3", "has nothing to refine: no two amounts are more than 0.3 apart"),
            ("1.5", "must be below 1"),
            ("'x'", "expects a number"),
        )
    ],
    ("variant.a.prune.0.amount={sweep=[0.2],exact=1}", "amount.exact: expects true or false"),
    ("variant.a.prune.0.amount={refine=0.01}", "amount.sweep: is required"),
    ("variant.a.prune.0.amount={sweep=[0.0],refine=0.01}", "amount.refine: has nothing to refine"),
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
    ("variant.1.name=A", "variant.1.name: 'A' is already the name of variant 0"),
    ("dataset.split.test=0.95", "dataset.split.test: no images are left for training"),
    ("dataset.split.x.y=1", "dataset.split.x: unknown key"),
    ("nonsense.x=1", "nonsense: unknown key"),
    ("train.seed=1", "train.seed: unknown key"),
    ("\udcff=1", "is not UTF-8 text"),
    ("dataset.group=" + "(" * 3000 + "x" + ")" * 3000, "is not a regular expression"),
    ("dataset.group=(a{99999999999})", "is not a regular expression (the repetition number is"),
    ("from_run=nowhere", "from_run: runs: no run 'nowhere'"),
]
add = kind("--set", preset, "preset show p.toml")
for text, says in SETS:
    add(shortened(text), nothing, says, "--set", text)

#: What is named as a preset, and what is said of it.
NAMES = [
    ("x" * 5000, "no preset 'xxx"),
    ("x" * 5000 + ".toml", "cannot be read (File name too long)"),
    ("a\x00b", "contains a NUL character"),
    ("a\x00b.toml", "contains a NUL character"),
    ("\udcff.toml", "is not UTF-8 text"),
    (".", "is a directory"),
    ("/dev/zero", "is not a regular file"),
]
add = kind("preset's name", preset, "preset show")
for text, says in NAMES:
    add(shortened(text), nothing, says, text)
