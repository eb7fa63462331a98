"""Finding the layers that a step applies to."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from torch import nn

from vitac_tui.errors import UserError
from vitac_tui.experiment.prune import matching
from vitac_tui.models.layers import prunable_layers


def select_layers(model: nn.Module, patterns: Iterable[str], *, where: str) -> list[str]:
    """Return the names of the convolutions and linear layers that match, in network order.

    Args:
        model: the network.
        patterns: names or shell-style globs; each must match something.
        where: the setting that has the patterns, for errors.

    Raises:
        UserError: a pattern matches no convolution or linear layer.
    """
    wanted = tuple(patterns)
    names = tuple(prunable_layers(model))
    for pattern in wanted:
        if not matching((pattern,), names):
            raise _unmatched(model, pattern, names, where)
    return matching(wanted, names)


def _unmatched(model: nn.Module, pattern: str, names: tuple[str, ...], where: str) -> UserError:
    if matching((f"{pattern}.*",), names):
        return UserError(
            f"{pattern!r} is a block, not a layer", where=where, remedy=f'write "{pattern}.*"'
        )
    modules = {name: module for name, module in model.named_modules() if name}
    if others := matching((pattern,), modules):
        kind = type(modules[others[0]]).__name__
        return UserError(
            f"{pattern!r} is a {kind}" if pattern in modules else f"{pattern!r} matches no layer",
            where=where,
            remedy=f"name convolutions or linear layers such as {few(names)}",
        )
    close = get_close_matches(pattern, names, n=1)
    return UserError(
        f"{pattern!r} matches no layer" + (f" (did you mean {close[0]!r}?)" if close else ""),
        where=where,
        remedy="" if close else f"name layers such as {few((*names[:2], names[-1]))}",
    )


def few(names: Iterable[str]) -> str:
    """Return the first three names as text."""
    listed = list(names)
    return ", ".join(listed[:3]) + (", ..." if len(listed) > 3 else "")
