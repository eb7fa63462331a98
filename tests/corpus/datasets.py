"""Folders, lists, patterns and settings of datasets that no run could be made on."""

from __future__ import annotations

import os
from pathlib import Path

from corpus.case import Make, both, kind, nothing, write
from corpus.nofiles import NO_FILES, instead_of
from support import write_stripes


def dataset(folder: Path) -> None:
    """Twelve images of three classes in `set`."""
    write_stripes(folder / "set", size=16, frames=1)


CHECK, RUN = "dataset check set", "--quiet --batch folder --set dataset.root=set"
BY_IMAGE = "--set dataset.split.by=image"
A, B = "class0/g0_0.png", "class1/g0_0.png"


def only(*classes: str) -> Make:
    """Moves all other classes out of sight."""

    def spoil(folder: Path) -> None:
        for path in list((folder / "set").iterdir()):
            if path.name not in classes:
                path.rename(path.with_name(f".{path.name}"))

    return spoil


def linked(name: str, target: str) -> Make:
    """Puts a link into the dataset."""
    return lambda folder: (folder / "set" / name).symlink_to(target)


def made(name: str) -> Make:
    """Makes a folder in the dataset."""
    return lambda folder: (folder / "set" / name).mkdir(parents=True)


def renamed(old: str, new: str) -> Make:
    """Renames something in the dataset."""
    return lambda folder: (folder / "set" / old).rename(folder / "set" / new)


add = kind("folder", dataset, CHECK, f"{RUN} {BY_IMAGE}")
add("no image", only(), "there is no")
add("link to itself", linked("class0/loop", "loop"), "class0/loop: cannot be read")
add("link in a circle", both(linked("a", "b"), linked("b", "a")), "cannot be read")
add("link to a file", linked("class0/out.png", "/etc/hosts"), "class0/out.png: the link leads out")
add("link to a folder", linked("class9", "/etc"), "class9: the link leads out")
add("link to a device", linked("class0/zero.png", "/dev/zero"), "zero.png: the link leads out")
add("link up", linked("class0/up", "../.."), "class0/up: the link leads out")
add("escapes in a link", linked("a\x1b[2J\n.png", "/etc/hosts"), r"a\x1b[2J\n.png: the link")
add("a class beside splits", both(renamed("class0", "train"), renamed("class1", "test")),
    "lies 'class2', which is not a split")  # fmt: skip

add = kind("folder without images", dataset, f"--quiet {CHECK} {BY_IMAGE}", code=0)
add("empty", made("linen"), "not a class, without images: 1 folder: linen")
add("with a folder", made("linen/deeper"), "not a class, without images: 1 folder: linen")
add(
    "with a pipe",
    both(made("p"), lambda folder: os.mkfifo(folder / "set/p/p.png")),
    "not a class, without images: 1 folder: p",
)

add = kind("root", dataset, "dataset check")
add("is not there", nothing, "dataset.root: there is no folder", "nowhere")
add("of no user", nothing, "dataset.root: there is no folder", "~nosuchuser/set")
add("no text", nothing, "is not UTF-8 text", "set\udcff")
add("escapes", nothing, r"set\x1b[2J", "set\x1b[2J")
add("too long", nothing, "there is no folder", "x" * 5000)
add("a file", write("file", ""), "is not a folder", "file")
add("a pipe", lambda folder: os.mkfifo(folder / "pipe"), "is not a folder", "pipe")
add("a device", nothing, "is not a folder", "/dev/zero")
add("a link to itself", lambda folder: (folder / "loop").symlink_to("loop"), "no folder", "loop")

add = kind("cache", dataset, f"{RUN} {BY_IMAGE}")
for cache in ("taken", "taken/deeper", "/dev/null", r'"nul\u0000"'):
    setting = f"dataset.cache={cache}"
    add(cache, write("taken", "a file"), "dataset.cache: ", "--set", setting)

add = kind("setting", dataset, CHECK)
for text, says in {
    "nonsense=3": "nonsense",
    "modality=smell": "modality",
    "split.val=2": "split.val",
    "group=(": "is not a regular expression",
    "group=g0": "has no group in parentheses",
    "group=(nothing)_": "finds a group for 0 of 12",
    "group=(|a|aa)+()!": "finds a group for 0 of 12",
}.items():
    add(text, nothing, says, "--set", f"dataset.{text}")

add = kind("pattern", dataset, CHECK, RUN)
for pattern, says in {
    f"{{class}}/{'*' * 40}x": "matches none of 12",
    "{class}/" + "*g" * 100: "matches none of 12",
    "{class": "has a brace without its partner",
    "*": "has no {class}",
    "{klass}/*": "unknown field {klass} (did you mean 'class'?)",
    "{class}/{split}_*": "{split} matches 'g0'",
    "{modality}/{class}_*": "{modality} matches 'class0'",
    "{class}/../../{group}": "matches none of 12",
}.items():
    add(pattern, nothing, says, "--set", "dataset.layout=pattern",
        "--set", f"dataset.pattern={pattern}")  # fmt: skip


def listed(text: str | bytes) -> Make:
    """Writes the list."""
    return write("set/all.csv", text)


LIST = "--set dataset.layout=list --set dataset.list=all.csv"
FIRST = f"{A} 0\n"
add = kind("list", dataset, f"{CHECK} {LIST}", f"{RUN} {BY_IMAGE} {LIST}")
for what in NO_FILES:
    add(what, instead_of("set/all.csv", what), "dataset.list: ")
add("a link out", linked("all.csv", "/etc/hosts"), "dataset.list: 'all.csv' lies outside")
add("empty", listed(""), "all.csv: the list is empty")
add("blank lines", listed("\n \n\t\n"), "all.csv: the list is empty")
add("UTF-16", listed(FIRST.encode("utf-16")), "all.csv: the list is UTF-16 text")
add(
    "UTF-16 without a mark",
    listed(FIRST.encode("utf-16-be")),
    "all.csv:1: the line contains a NUL",
)
add("NUL", listed(f"{FIRST}{B}\0 1\n"), "all.csv:2: the line contains a NUL character")
add("an image", listed(b"\x89PNG\r\n\x1a\n" + bytes(range(1, 256))), "all.csv:1: ")
add("nan", listed(f"{FIRST}{B} nan\n"), "all.csv:2: the label nan")
add("negative", listed(f"{FIRST}{B} -1\n"), "all.csv:2: the label -1 is not a class number")
add("huge label", listed(f"{FIRST}{B} {'9' * 5000}\n"), "all.csv:2: the label 999")
add("no image's name", listed(f"{FIRST}x\n"), "all.csv:2: 'x' does not name an image")
add("two labels", listed(f"{FIRST}{A} 1\n"), "all.csv:2: 'class0/g0_0.png' has the label '1'")
add("quote", listed(f'path,label\n{A},0\n"{B},1\n'), "all.csv:3: the row is not CSV")
add("ragged", listed(f"path,label\n{A},0\nx,{B},1\n"), "all.csv:3: the row has 3 fields")
add("columns", listed(f"path,label,label\n{A},0,1\n"), "all.csv:1: the header")
add("no such column", listed(f"path,klass\n{A},0\n"), "all.csv:1: there is no column 'label'")
add("empty field", listed(f"path,label\n{A},\n"), "all.csv:2: the column 'label' is empty")
add("long field", listed(f"path,label\n{'x' * 200_000},0\n"), "all.csv:2: the row is not CSV")
add("deep path", listed(f"{FIRST}{'a/' * 5000}x.png 1\n"), "all.csv:2: image not found: 'a/a")
add("long name", listed(f"{FIRST}{'a' * 5000}.png 1\n"), "all.csv:2: image not found: 'aaa")
add("absent", listed(f"{FIRST}nowhere.png 1\n"), "all.csv:2: image not found: 'nowhere.png'")
add(
    "escapes",
    listed(f"{FIRST}\x1b[2J\x9b.png 1\n"),
    r"csv:2: image not found: '\x1b[2J\x9b.png'",
)
add(
    "no UTF-8",
    listed(FIRST.encode() + b"\xff.png 1\n"),
    r"csv:2: image not found: '\udcff.png'",
)
add("direction marks", listed(f"{FIRST}\u202egnp.x.png 1\n"), r"image not found: '\u202egnp.x.png'")
for outside in (
    "/etc/hosts",
    "../p.png",
    "a/../../p.png",
    "..\\p.png",
    "//etc/hosts",
    "../set-2/x",
):
    add(f"names {outside}", listed(f"{FIRST}{outside} 1\n"), "leads out of the dataset's folder")
add("names a link out", both(linked("out.png", "/etc/hosts"), listed(f"{FIRST}out.png 1\n")),
    "all.csv:2: 'out.png' leads out")  # fmt: skip
add("names a file in a link out", both(linked("out", "/etc"), listed(f"{FIRST}out/hosts 1\n")),
    "all.csv:2: 'out/hosts' leads out")  # fmt: skip
add("names a folder", listed(f"{FIRST}class1 1\n"), "all.csv:2: 'class1' is not a regular file")
add("names a pipe", both(lambda folder: os.mkfifo(folder / "set/fifo.png"),
                         listed(f"{FIRST}fifo.png 1\n")),
    "all.csv:2: 'fifo.png' is not a regular file")  # fmt: skip
add("names a loop", both(linked("loop.png", "loop.png"), listed(f"{FIRST}loop.png 1\n")),
    "all.csv:2: ")  # fmt: skip

add = kind(
    "list's name", dataset, f"{CHECK} --set dataset.layout=list", f"{RUN} --set dataset.layout=list"
)
for name, says in {
    "../all.csv": "lies outside",
    "/etc/hosts": "lies outside",
    "nowhere.csv": "there is no 'nowhere.csv'",
    "class0": "is not a regular file",
    "x" * 300: "there is no 'xxx",
}.items():
    add(name[:20], listed(FIRST), says, "--set", f"dataset.list={name}")


add = kind("sample set", dataset, "dataset sample made")
for what in ("pipe", "folder", "terabyte"):
    add(what, both(write("made/sample.json", ""), instead_of("made/sample.json", what)),
        "sample.json: is")  # fmt: skip
add("deep", write("made/sample.json", "[" * 100_000), "sample.json: is not the description")
add("of tomorrow", write("made/sample.json", "{}"), "made: contains another sample set")
add("foreign files", write("made/mine", ""), "made")
add("a file", write("made", ""), "made")
