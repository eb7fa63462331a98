"""Saving and loading a network, pruned or not, without pickle.

A model is up to three files in one folder:

- `<stem>.safetensors`: the weights,
- `<stem>.masks.safetensors`: the masks, one bit per weight, if there are any,
- `<stem>.json`: the card, which is written last and holds the hashes of the others. Without it, or
  with other hashes, the model does not load.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from vitac_tui.errors import UserError
from vitac_tui.models.build import build_meta
from vitac_tui.models.card import ModelCard, filled_in, read_card
from vitac_tui.models.shapes import ShapeError, fit_to
from vitac_tui.system.atomic import write_atomic
from vitac_tui.system.files import read_bytes

_LARGEST = 1 << 31  # bytes per file; the largest built-in architecture takes 350 MB
_DTYPES = {torch.float32: "F32", torch.int64: "I64"}  # the only types in our networks
_SUFFIXES = (".masks.safetensors", ".safetensors", ".json")


@dataclass(frozen=True)
class LoadedModel:
    """A network from disk, in eval mode on the CPU, with its masks and its card."""

    model: nn.Module
    masks: dict[str, Tensor]  # parameter name -> bool, True = kept
    card: ModelCard


def save_model(
    path_stem: Path, model: nn.Module, card: ModelCard, masks: Mapping[str, Tensor] | None = None
) -> ModelCard:
    """Write a model; a crash leaves each file whole or absent.

    Write a stem only once: while it is overwritten, its card does not match its weights.

    Args:
        path_stem: the path without suffix; its name may contain dots.
        model: on any device, without reparametrisations.
        card: the card; layers, versions and hashes are filled in here.
        masks: masks by parameter name, if there are any.

    Returns:
        The card as written.

    Raises:
        OSError: a file cannot be written, for example because the disk is full.
    """
    weights_path, masks_path, card_path = _paths(path_stem)
    weights = _serialised(model.state_dict())
    write_atomic(weights_path, weights)
    packed = _serialised({name: _pack(mask) for name, mask in masks.items()}) if masks else b""
    if packed:
        write_atomic(masks_path, packed)
    full = filled_in(
        card,
        model,
        masks=tuple(masks or ()),
        sha256=_sha256(weights),
        masks_sha256=_sha256(packed) if packed else "",
    )
    write_atomic(card_path, full.json_bytes())
    if not packed:
        masks_path.unlink(missing_ok=True)
    return full


def load_model(path: Path) -> LoadedModel:
    """Rebuild a saved model exactly, with the channels that pruning left.

    Args:
        path: the stem, or any of the files.

    Raises:
        UserError: a file is missing, damaged, crafted, or does not fit the others.
    """
    weights_path, masks_path, card_path = _paths(stem_of(path))
    card = read_card(card_path)
    try:
        model = build_meta(card.arch, card.num_classes, len(card.mean))
    except UserError as problem:
        raise UserError(problem.what, where=str(card_path), remedy="use another model") from None
    tensors = _read(weights_path, card.sha256)
    try:
        fit_to(model, tensors, card.image_size)
    except ShapeError as problem:
        raise UserError(
            f"does not hold a {card.arch} with {card.num_classes} outputs: {problem}",
            where=str(weights_path),
            remedy="use the card and the weights that were saved together",
        ) from None
    masks = _unpacked(masks_path, card, model) if card.masks else {}
    return LoadedModel(model.eval(), masks, card)


def card_of(weights: Path) -> ModelCard | None:
    """Return the card that was written for a weights file, or None if there is none."""
    weights_path, _, card_path = _paths(stem_of(weights.resolve()))
    if weights_path != weights.resolve() or not card_path.is_file():
        return None
    try:
        card = read_card(card_path)
        return card if card.sha256 == _sha256(weights_path.read_bytes()) else None
    except (OSError, UserError):  # not a card of ours
        return None


def stem_of(path: Path) -> Path:
    """Return the stem of a model, given the stem or any of its files."""
    for suffix in _SUFFIXES:
        if path.name.endswith(suffix):
            return path.with_name(path.name.removesuffix(suffix))
    return path


def bytes_of(model: nn.Module) -> int:
    """Return the size of the network's safetensors file, in bytes; zeros are not compressed.

    It is computed from the format, since writing the file to measure it takes its size twice in
    memory. The format: a length of 8 bytes, a JSON header padded to a multiple of 8, and the
    tensors sorted by the size of their entries and by name.
    """
    header, end = {}, 0
    tensors = model.state_dict().items()
    for name, tensor in sorted(tensors, key=lambda item: (-item[1].element_size(), item[0])):
        start, end = end, end + tensor.numel() * tensor.element_size()
        header[name] = {
            "dtype": _DTYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False)
    return 8 + -(-len(text.encode()) // 8) * 8 + end


def _paths(stem: Path) -> tuple[Path, Path, Path]:
    weights, masks, card = ".safetensors", ".masks.safetensors", ".json"
    return (
        stem.with_name(stem.name + weights),
        stem.with_name(stem.name + masks),
        stem.with_name(stem.name + card),
    )


def _serialised(tensors: Mapping[str, Tensor]) -> bytes:
    flat = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    data: bytes = safetensors.torch.save(flat)
    return data


def _read(path: Path, sha256: str) -> dict[str, Tensor]:
    try:
        data = read_bytes(path, largest=_LARGEST, remedy="copy the model's files together")
        if _sha256(data) != sha256:
            raise UserError(
                "is not the file that the card belongs to",
                where=str(path),
                remedy="copy the model's files together",
            )
        tensors: dict[str, Tensor] = safetensors.torch.load(data)
    except (SafetensorError, ValueError, KeyError, TypeError) as problem:
        raise UserError(
            f"is not a safetensors file ({problem})", where=str(path), remedy="save the model again"
        ) from None
    return tensors


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _pack(mask: Tensor) -> Tensor:
    return torch.from_numpy(np.packbits(mask.detach().cpu().contiguous().numpy().reshape(-1)))


def _unpacked(path: Path, card: ModelCard, model: nn.Module) -> dict[str, Tensor]:
    packed = _read(path, card.masks_sha256)
    parameters = dict(model.named_parameters())
    masks = {}
    for name in card.masks:
        parameter, bits = parameters.get(name), packed.get(name)
        if (
            parameter is None
            or bits is None
            or bits.dtype != torch.uint8
            or bits.dim() != 1
            or len(bits) != (parameter.numel() + 7) // 8
        ):
            raise UserError(
                f"has no mask that fits {name!r}", where=str(path), remedy="save the model again"
            )
        entries = np.unpackbits(bits.numpy(), count=parameter.numel()).astype(bool)
        masks[name] = torch.from_numpy(entries.reshape(parameter.shape))
    return masks
