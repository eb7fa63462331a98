"""Weights, saved models and resume states that were damaged or crafted. Nothing is unpickled."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from corpus.case import Make, kind, write
from corpus.datasets import BY_IMAGE, RUN, dataset
from corpus.nofiles import NO_FILES, instead_of
from corpus.runs import TOUCHED, stopped

from vitac_tui.experiment.prune import DepGraph, GlobalUnstructured
from vitac_tui.models.build import build
from vitac_tui.models.card import ModelCard
from vitac_tui.models.files import save_model
from vitac_tui.pruning.apply import Prunable, apply_step


def saved(content: object) -> bytes:
    """What `torch.save` makes of it."""
    file = io.BytesIO()
    torch.save(content, file)
    return file.getvalue()


def header(text: str | bytes, data: bytes = b"", *, length: int | None = None) -> bytes:
    """A safetensors file of a header and data, whose length may be a lie."""
    raw = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(raw) if length is None else length) + raw + data


def tensor(dtype: str = "F32", shape: str = "[2]", offsets: str = "[0, 8]") -> str:
    """How a safetensors header describes a tensor."""
    return f'{{"dtype": "{dtype}", "shape": {shape}, "data_offsets": {offsets}}}'


class Bomb:
    """Makes a folder when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, ("exploded",)


def within_itself() -> dict[str, Any]:
    """A file that holds itself."""
    content: dict[str, Any] = {"epoch": 3}
    content["model"] = content["state_dict"] = content
    return content


def archive(**members: bytes) -> bytes:
    """A zip file, which is what `torch.save` writes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(f"a/{name}", content)
    return file.getvalue()


def deep(levels: int) -> bytes:
    """A pickle of lists within each other."""
    return b"\x80\x02" + b"](" * levels + b"e" * levels + b"."


#: The bytes of no file that `torch.load` reads, for weights and for resume states.
PICKLES: dict[str, bytes] = {
    "empty": b"",
    "text": b"hello\n" * 9,
    "half": saved({"conv1.weight": torch.zeros(64, 3, 7, 7)})[:5000],
    "a flipped byte": saved({"conv1.weight": torch.zeros(9)}).replace(b"PK\1\2", b"PK\1\3"),
    "a bomb": saved({"conv1.weight": torch.zeros(1), "bomb": Bomb()}),
    "an old bomb": pickle.dumps({"conv1.weight": Bomb()}),
    "a bomb in a tar": b"bomb" + bytes(253) + b"ustar\0" + bytes(300),
    "a module": saved(torch.nn.Linear(2, 2)),
    "a zip of something else": archive(x=b"y"),
    "a zip with a path out": archive(**{"../../../etc/passwd": b"y", "data.pkl": b"."}),
    "a bomb of zeros": archive(**{"data.pkl": bytes(1 << 26), "version": b"3"}),
    "deep": deep(100_000),
    "deep in a zip": archive(**{"data.pkl": deep(100_000), "byteorder": b"little"}),
    "a long string": b"\x80\x02X\xff\xff\xff\x7fabc.",
    "no end": b"\x80\x02}q",
}
ZERO = torch.zeros(1)
#: What is read and is no use as weights.
CONTENTS: dict[str, tuple[object, str]] = {
    "None": (None, "has no state dict"),
    "a number": (3, "has no state dict"),
    "a tensor": (ZERO, "has no state dict"),
    "a list": ([{"conv1.weight": ZERO}], "has no state dict"),
    "itself": (within_itself(), "has no state dict"),
    "numbers for names": ({1: ZERO, None: ZERO}, "has no state dict"),
    "text for a tensor": ({"conv1.weight": "x"}, "has no state dict"),
    "escapes": ({"\x1b[2J\n": ZERO}, r"\x1b[2J\n"),
    "another network": ({"encoder.weight": ZERO}, "has 0 of 120 tensors of resnet18"),
    "twice": ({"conv1.weight": ZERO, "module.conv1.weight": ZERO}, "twice"),
    "another shape": ({"conv1.weight": torch.zeros(1)}, "conv1.weight is [1], not [64, 3, 7, 7]"),
    "terabytes": (
        {"conv1.weight": ZERO.expand(10**6, 10**6)}, "conv1.weight is [1000000, 1000000]"
    ),
    "a terabyte of a head": ({"fc.weight": ZERO.expand(10**9, 512)}, "has 0 of 120"),
    "not finite": ({"bn1.bias": torch.full((64,), float("nan"))}, "bn1.bias holds numbers that"),
    "whole numbers": ({"bn1.bias": torch.zeros(64, dtype=torch.int64)}, "holds int64 numbers"),
    "complex": ({"bn1.bias": torch.zeros(64, dtype=torch.complex64)}, "holds complex64"),
    "sparse": ({"bn1.bias": torch.zeros(64).to_sparse()}, "is sparse"),
    "no data": ({"bn1.bias": torch.zeros(64, device="meta")}, "without data"),
}  # fmt: skip
#: Bytes that are no safetensors file.
SAFETENSORS: dict[str, bytes] = {
    "empty": b"",
    "short": b"\2\0\0",
    "text": b"hello\n" * 9,
    "a long header": header("{}", length=10**12),
    "a longer header": header("{}", length=2**64 - 1),
    "a header beyond the end": header("{}", length=3),
    "no JSON": header("x"),
    "a list": header("[]"),
    "no UTF-8": header(b'{"\xff": 1}'),
    "deep": header("[" * 100_000),
    "NaN": header('{"__metadata__": {"a": NaN}}'),
    "numbers in the metadata": header('{"__metadata__": {"a": 1}}'),
    "a number for a tensor": header('{"a": 1}'),
    "no offsets": header('{"a": {"dtype": "F32", "shape": [2]}}', bytes(8)),
    "one offset": header(f'{{"a": {tensor(offsets="[0]")}}}', bytes(8)),
    "offsets beyond the end": header(f'{{"a": {tensor()}}}', bytes(4)),
    "offsets that overlap": header(f'{{"a": {tensor()}, "b": {tensor()}}}', bytes(16)),
    "offsets with a hole": header(
        f'{{"a": {tensor()}, "b": {tensor(offsets="[12, 20]")}}}', bytes(20)
    ),
    "offsets backwards": header(f'{{"a": {tensor(offsets="[8, 0]")}}}', bytes(8)),
    "negative offsets": header(f'{{"a": {tensor(offsets="[-8, 0]")}}}', bytes(8)),
    "data that nobody names": header("{}", bytes(8)),
    "an unknown type": header(f'{{"a": {tensor(dtype="F7")}}}', bytes(8)),
    "another type": header(f'{{"a": {tensor(dtype="F64")}}}', bytes(8)),
    "a negative size": header(f'{{"a": {tensor(shape="[-2]")}}}', bytes(8)),
    "a size beyond all numbers": header(f'{{"a": {tensor(shape="[4611686018427387904, 4]")}}}'),
    "a size that is no number": header(f'{{"a": {tensor(shape="[1.5]")}}}', bytes(8)),
}  # fmt: skip

weights = f"{RUN} {BY_IMAGE} --set dataset.image_size=32 --set model.weights="
add = kind("weights .pt", dataset, f"{weights}w.pt")
for what in NO_FILES:
    add(what, instead_of("w.pt", what), "model.weights: ")
for name, data in PICKLES.items():
    add(name, write("w.pt", data), "model.weights: ... w.pt' cannot be read without running code")
for name, (content, says) in CONTENTS.items():
    add(name, write("w.pt", saved(content)), f"model.weights: ... {says}")

add = kind("weights .safetensors", dataset, f"{weights}w.safetensors")
for what in NO_FILES:
    add(what, instead_of("w.safetensors", what), "model.weights: ")
for name, data in SAFETENSORS.items():
    add(name, write("w.safetensors", data), "model.weights: ... cannot be read without running")
add("nothing in it", write("w.safetensors", header("{}")), "has no state dict")


def trained(folder: Path) -> None:
    """A run with a narrow, masked model."""
    stopped(folder)
    state = Prunable(build("resnet18", 3))
    for step in (
        DepGraph(method="depgraph", amount=0.95),
        GlobalUnstructured(method="global_unstructured", amount=0.3),
    ):
        apply_step(state, step, keep_masks=False, image_size=32, seed=0, batches=None, device="cpu")
    card = ModelCard(  # type: ignore[call-arg]
        arch="resnet18",
        num_classes=3,
        class_names=("class0", "class1", "class2"),
        image_size=32,
        fit="squash",
        modality="visual",
        mean=(0.5, 0.5, 0.5),
        std=(0.2, 0.2, 0.2),
    )
    save_model(folder / MODEL, state.model, card, state.masks)


MODEL = "runs/run/checkpoints/dense"
CARD, WEIGHTS, MASKS = (f"{MODEL}.{end}" for end in ("json", "safetensors", "masks.safetensors"))


def carded(**changes: object) -> Make:
    """Changes the card."""

    def spoil(folder: Path) -> None:
        card = json.loads((folder / CARD).read_text())
        (folder / CARD).write_text(json.dumps({**card, **changes}))

    return spoil


def vouched(path: str, data: bytes) -> Make:
    """Puts other bytes in a file's place, and their hash into the card."""
    key = "sha256" if path == WEIGHTS else "masks_sha256"

    def spoil(folder: Path) -> None:
        write(path, data)(folder)
        carded(**{key: hashlib.sha256(data).hexdigest()})(folder)

    return spoil


def holding(name: str, replaced: torch.Tensor) -> Make:
    """Puts another tensor among the weights, and the hash into the card."""

    def spoil(folder: Path) -> None:
        tensors = safetensors.torch.load_file(folder / WEIGHTS)
        vouched(WEIGHTS, safetensors.torch.save({**tensors, name: replaced}))(folder)

    return spoil


add = kind("model", trained, "--quiet --batch folder --set from_run=run")
for path in (CARD, WEIGHTS, MASKS):
    for what in NO_FILES:
        if (path, what) not in ((CARD, "nothing"), (CARD, "link to itself")):
            add(f"{what} as {Path(path).name}", instead_of(path, what), Path(path).name)
    add(f"other bytes in {Path(path).name}", write(path, b"\xff" * 99), Path(path).name)
add("no card", instead_of(CARD, "nothing"), "run has no trained model yet")
for text in ("", "{", "[]", "null", "[" * 100_000, "\0"):
    add(f"{text[:15]!r} as card", write(CARD, text), "dense.json: is not a model card")
for name, spoil, says in (
    ("schema of tomorrow", carded(schema=2), "was saved by another version"),
    ("network that is code", carded(arch="os.system"), "dense.json: "),
    ("another network", carded(arch="resnet34"), "dense.safetensors: does not hold a resnet34"),
    ("thousand million classes", carded(num_classes=10**9), "dense.json: is not a model card"),
    ("classes in words", carded(num_classes="3"), "dense.json: is not a model card: num_classes"),
    ("another number of classes", carded(num_classes=4), "does not hold a resnet18"),
    ("no size", carded(image_size=0), "dense.json: is not a model card: image_size"),
    ("a hash that is a path", carded(sha256="../../etc/passwd"), "is not a model card: sha256"),
    ("another hash", carded(sha256="0" * 64), "is not the file that the card belongs to"),
    ("a key of its own", carded(surprise=1), "is not a model card: surprise"),
    ("a mask of nothing", carded(masks=["conv9.weight"]), "has no mask that fits"),
    ("a thousand channels", carded(mean=[0.5] * 1000), "is not a model card: mean"),
    ("escapes in a name", carded(**{"\x1b[2J\n": 1}), r"\x1b[2J\n"),
    ("another kernel", holding("conv1.weight", torch.zeros(4, 3, 5, 5)), "does not hold"),
    ("no channels", holding("conv1.weight", torch.zeros(0, 3, 7, 7)), "does not hold"),
    ("too many channels", holding("conv1.weight", torch.zeros(65, 3, 7, 7)), "does not hold"),
    ("other numbers", holding("bn1.bias", torch.zeros(4, dtype=torch.float64)), "does not hold"),
    ("other dimensions", holding("fc.weight", torch.zeros(8)), "does not hold"),
    ("a tensor too many", holding("extra.weight", torch.zeros(1)), "does not hold"),
    ("escapes in a tensor", holding("\x1b[2J", torch.zeros(1)), r"\x1b[2J"),
):
    add(name, spoil, says)
for name, data in SAFETENSORS.items():
    add(f"weights, {name}", vouched(WEIGHTS, data), "dense.safetensors: is not a safetensors file")
add("masks that are none", vouched(MASKS, b"x" * 99), "dense.masks.safetensors: is not a safe")

STATE = "runs/run/checkpoints/resume.pt"
add = kind("resume state", stopped, "--quiet resume run", may_write=TOUCHED)
for what in NO_FILES:
    if what != "nothing":  # which is no fault: the training starts again
        add(what, instead_of(STATE, what), "resume.pt: ")
for name, data in PICKLES.items():
    add(name, write(STATE, data), "resume.pt: cannot be read as a resume state")
for name, content, says in (
    ("a list", [1], "cannot be read as a resume state"),
    ("no number", {"schema": 1, "unit": "x"}, "cannot be read as a resume state"),
    (
        "a number in words",
        {"schema": 1, "unit": "x", "seq": "one"},
        "cannot be read as a resume state",
    ),
    (
        "a form of tomorrow",
        {"schema": 2, "unit": "x", "seq": 1},
        "has schema 2, but this version reads",
    ),
):
    add(name, write(STATE, saved(content)), f"resume.pt: {says}")
