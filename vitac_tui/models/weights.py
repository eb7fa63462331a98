"""Initial weights of a network: random, from ImageNet, or from a file. Nothing is unpickled."""

from __future__ import annotations

import socket
import stat
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

import safetensors.torch
import torch
import torchvision
from torch import Tensor, nn

from vitac_tui.errors import UserError, some
from vitac_tui.models.layers import classifier_name

# All built-in architectures have these. Unlike torchvision's DEFAULT they never change.
IMAGENET = "IMAGENET1K_V1"
NETWORK_TIMEOUT_S = 20.0

_WRAPPERS = ("state_dict", "model_state_dict", "model")  # Lightning, training scripts, torchvision
_PREFIXES = ("module.", "model.", "_orig_mod.")  # DDP, Lightning, torch.compile


@dataclass(frozen=True)
class WeightsReport:
    """Which of the requested weights the network took over."""

    source: str
    matched: int = 0  # tensors taken over
    missing: tuple[str, ...] = ()  # tensors of the network that stayed as initialised
    unexpected: tuple[str, ...] = ()  # tensors of the file that the network lacks
    note: str = ""  # "" or a warning


def initialise(
    model: nn.Module, weights: str, *, arch: str, where: str = "model.weights"
) -> WeightsReport:
    """Load initial weights into a new network, in place.

    A classifier of another width is skipped, which the report notes. All other tensors must have
    the network's shapes and finite values, and cover at least half of the network.

    Args:
        model: as built by `models.build`, on the CPU.
        weights: "none", "imagenet", or a path to a `.safetensors` file or one that `torch.load`
            reads with `weights_only=True`; wrappers (`state_dict`, `model_state_dict`) and
            prefixes (`module.`, `model.`, `_orig_mod.`) are taken off.
        arch: the network's architecture.
        where: the setting, for errors.

    Raises:
        UserError: there is no network connection or no such file, or the file is damaged, holds
            more than tensors, or does not fit. The network is then unchanged.
    """
    if weights == "none":
        return WeightsReport("random")
    if weights == "imagenet":
        tensors, source = _imagenet(arch, where)
    else:
        content = _read(Path(weights), where)
        tensors, source = _state_dict(content, model.state_dict().keys(), weights, where), weights
    return _take_over(model, tensors, source, arch, where)


def _imagenet(arch: str, where: str) -> tuple[dict[str, Tensor], str]:
    chosen = _published(arch, where)
    try:
        with _socket_timeout(NETWORK_TIMEOUT_S):
            tensors = chosen.get_state_dict(progress=False, check_hash=True, weights_only=True)
    except (URLError, OSError) as problem:
        reason = getattr(problem, "reason", problem)
        raise UserError(
            f"the ImageNet weights of {arch} cannot be downloaded ({reason})",
            where=where,
            remedy=f"put {chosen.url} into {Path(torch.hub.get_dir()) / 'checkpoints'}, "
            'or use "none"',
        ) from None
    except Exception as problem:
        raise UserError(
            f"the ImageNet weights of {arch} are damaged ({type(problem).__name__})",
            where=where,
            remedy=f"delete them from {Path(torch.hub.get_dir()) / 'checkpoints'} and try again",
        ) from None
    return dict(tensors), f"{type(chosen).__name__}.{chosen.name}"


def require_imagenet(arch: str, where: str = "model.weights") -> None:
    """Check, without downloading, that there are ImageNet weights for an architecture.

    Raises:
        UserError: there are none.
    """
    _published(arch, where)


def _published(arch: str, where: str) -> Any:
    try:
        return torchvision.models.get_model_weights(arch)[IMAGENET]  # type: ignore[attr-defined]
    except (ValueError, KeyError):
        raise UserError(
            f"torchvision has no ImageNet weights for {arch}",
            where=where,
            remedy='use "none", or the path of a .safetensors or .pt file',
        ) from None


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _read(path: Path, where: str) -> Any:
    if problem := _no_file(path):
        raise UserError(
            problem,
            where=where,
            remedy='use "none", "imagenet", or the path of a .safetensors or .pt file',
        )
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        with warnings.catch_warnings(action="ignore"):  # problems are reported below
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as problem:  # damaged and crafted files raise all kinds
        raise UserError(
            f"{str(path)!r} cannot be read without running code from it "
            f"({type(problem).__name__}); it is damaged, or holds more than tensors",
            where=where,
            remedy="save its state dict alone, best as .safetensors",
        ) from None


def _no_file(path: Path) -> str:
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
    except PermissionError as problem:
        return f"{str(path)!r} cannot be read ({problem.strerror})"
    except (OSError, ValueError):  # ValueError: a NUL in the name
        return f"there is no file {str(path)!r}"
    return "" if regular else f"{str(path)!r} is not a regular file"


def _state_dict(content: Any, known: Collection[str], name: str, where: str) -> dict[str, Tensor]:
    for _ in _WRAPPERS:  # no deeper: a crafted file may hold itself
        if isinstance(content, Mapping):
            inner = (content[key] for key in _WRAPPERS if isinstance(content.get(key), Mapping))
            content = next(inner, content)
    tensors: dict[str, Tensor] = {}
    for key, value in content.items() if isinstance(content, Mapping) else ():
        if not (isinstance(key, str) and isinstance(value, Tensor)):
            continue
        own = _without_prefixes(key, known)
        if own in tensors:
            raise UserError(
                f"{name!r} holds {own!r} twice, under different prefixes",
                where=where,
                remedy="save the state dict of one network",
            )
        tensors[own] = value
    if not tensors:
        raise UserError(
            f"{name!r} has no state dict", where=where, remedy="save model.state_dict()"
        )
    return tensors


def _without_prefixes(key: str, known: Collection[str]) -> str:
    while key not in known:
        prefix = next((prefix for prefix in _PREFIXES if key.startswith(prefix)), "")
        if not prefix:
            break
        key = key.removeprefix(prefix)
    return key


def _unusable(there: Tensor, here: Tensor) -> str:
    """Return why a tensor of the file is unusable regardless of its shape, or ""."""
    if there.layout != torch.strided or there.is_quantized or there.device.type != "cpu":
        return "is sparse, quantised or without data"
    if there.is_complex() or (here.is_floating_point() and not there.is_floating_point()):
        return f"holds {str(there.dtype).removeprefix('torch.')} numbers"
    if there.is_floating_point() and not torch.isfinite(there.float()).all():
        return "holds numbers that are not finite"
    return ""


def _take_over(
    model: nn.Module, tensors: Mapping[str, Tensor], source: str, arch: str, where: str
) -> WeightsReport:
    own = model.state_dict()
    head = classifier_name(model)
    matched, wrong, other_head = {}, [], []
    for key in own.keys() & tensors.keys():
        here, there = own[key].shape, tensors[key].shape
        if here == there:  # looked at only now: a few bytes can claim to be terabytes
            if problem := _unusable(tensors[key], own[key]):
                wrong.append(f"{key} {problem}")
            matched[key] = tensors[key]
        elif key.rpartition(".")[0] == head and here[1:] == there[1:]:
            other_head.append(key)
        else:
            wrong.append(f"{key} is {list(there)}, not {list(here)}")
    if wrong:
        raise UserError(
            f"{source!r} does not fit {arch}: {some(sorted(wrong), 1)}",
            where=where,
            remedy="name sound weights of that architecture, not pruned",
        )
    unexpected = tuple(sorted(tensors.keys() - own.keys()))
    backbone = [key for key in own if not key.startswith(f"{head}.")]
    lacking = [key for key in backbone if key not in matched]
    if 2 * len(lacking) > len(backbone):
        raise UserError(
            f"{source!r} has {len(backbone) - len(lacking)} of {len(backbone)} tensors of {arch}; "
            f"missing: {some(lacking)}; unexpected: {some(unexpected) or 'none'}",
            where=where,
            remedy="name weights of that architecture",
        )
    if other_head:  # a bias of equal size must not come without its weight
        matched = {key: value for key, value in matched.items() if not key.startswith(f"{head}.")}
    model.load_state_dict(matched, strict=False)
    width = tensors[f"{head}.weight"].shape[0] if f"{head}.weight" in other_head else 0
    note = (
        f"the classifier {head!r} keeps its random weights: {width} outputs in the file, "
        f"{own[f'{head}.weight'].shape[0]} in the network"
        if width
        else ""
    )
    return WeightsReport(
        source=source,
        matched=len(matched),
        missing=tuple(key for key in own if key not in matched),
        unexpected=unexpected,
        note=note,
    )
