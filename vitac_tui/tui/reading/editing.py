"""The list of pruning steps while it is edited: tables as in a preset, changed by key presses."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vitac_tui.errors import UserError
from vitac_tui.experiment import pruning_preset, toml
from vitac_tui.experiment.prune import METHODS

Table = dict[str, Any]

FIRST_AMOUNT = 0.5  # of a new step
LARGEST = 0.99  # that turning reaches; more can be typed
MOST_POINTS = 200  # of a sweep: more is a slip of the finger


@dataclass(frozen=True)
class Editing:
    """Steps with a cursor, and the variants kept so far. Every change makes a new one."""

    steps: tuple[Table, ...] = ()
    at: int = 0
    keep_masks: bool = False
    kept: tuple[pruning_preset.Variant, ...] = ()

    @property
    def step(self) -> Table | None:
        """The step under the cursor."""
        return self.steps[self.at] if self.steps else None

    @property
    def amount(self) -> float | None:
        """The amount of the step under the cursor, if it goes by amount."""
        amount = self.step.get("amount") if self.step is not None else None
        return float(amount) if isinstance(amount, int | float) else None

    def add(self, method: str, classifier: str) -> Editing:
        """A new step behind the one under the cursor; of layers it must have, the classifier."""
        fields = METHODS[method].model_fields
        table: Table = {"method": method}
        if "amount" in fields:
            table["amount"] = FIRST_AMOUNT
        layers = fields.get("layers")
        if layers is not None and layers.is_required():
            table["layers"] = [classifier or "*"]
        at = self.at + 1 if self.steps else 0
        return replace(self, steps=(*self.steps[:at], table, *self.steps[at:]), at=at)

    def remove(self) -> Editing:
        """Without the step under the cursor."""
        steps = (*self.steps[: self.at], *self.steps[self.at + 1 :])
        return replace(self, steps=steps, at=max(0, min(self.at, len(steps) - 1)))

    def choose(self, by: int) -> Editing:
        """The cursor on another step."""
        return replace(self, at=max(0, min(self.at + by, len(self.steps) - 1)))

    def move(self, by: int) -> Editing:
        """The step under the cursor earlier or later, the cursor with it."""
        to = self.at + by
        if not 0 <= to < len(self.steps):
            return self
        steps = list(self.steps)
        steps.insert(to, steps.pop(self.at))
        return replace(self, steps=tuple(steps), at=to)

    def turn(self, by: float) -> Editing:
        """A larger or smaller amount of the step under the cursor, without the dust of adding."""
        if self.amount is None:
            return self
        return self.put("amount", round(min(max(self.amount + by, 0.0), LARGEST), 4))

    def put(self, key: str, value: Any) -> Editing:
        """Another value for one setting of the step under the cursor."""
        return self if self.step is None else self._with({**self.step, key: value})

    def write(self, text: str) -> Editing:
        """All settings of the step under the cursor but its method, as a line of TOML.

        Raises:
            UserError: the text is no TOML.
        """
        if self.step is None:
            return self
        try:
            table = tomllib.loads(f"step = {{{text}}}")["step"]
        except (ValueError, RecursionError) as problem:
            what = str(problem).partition(" (at ")[0]
            raise UserError(f"is no TOML: {what}", where="step") from None
        return self._with({"method": self.step["method"], **table})

    def text(self) -> str:
        """What `write` takes."""
        step = self.step or {}
        return toml.inline({key: value for key, value in step.items() if key != "method"})

    def keep(self, name: str) -> Editing:
        """The steps as a variant; one of the same name is replaced."""
        others = tuple(variant for variant in self.kept if variant["name"] != name)
        return replace(self, kept=(*others, self.variant(name)))

    def variant(self, name: str) -> pruning_preset.Variant:
        """The steps as a `[[variant]]` table."""
        return {"name": name, "keep_masks": self.keep_masks, "prune": list(self.steps)}

    def whole(self) -> list[pruning_preset.Variant]:
        """The variants kept, and the steps at hand unless they are one of them."""
        taken = {variant["name"] for variant in self.kept}
        own = self.variant(
            self.next_name() if pruning_preset.MAIN in taken else pruning_preset.MAIN
        )
        bodies = [_body(variant) for variant in self.kept]
        return [*self.kept, *([own] if self.steps and _body(own) not in bodies else [])]

    @property
    def sweepable(self) -> bool:
        """Whether the step under the cursor goes by amount, one or several."""
        return self.amount is not None or self.swept is not None

    @property
    def swept(self) -> Table | None:
        """The sweep of the step under the cursor, if it has one."""
        amount = self.step.get("amount") if self.step is not None else None
        return amount if isinstance(amount, dict) else None

    def sweep(self, table: Table) -> pruning_preset.Variant:
        """The steps with the amount of the one under the cursor swept, as `read_sweep` gives it."""
        return self.put("amount", table).variant(pruning_preset.MAIN)

    def shape(self) -> str:
        """The same for lists that differ in the amount under the cursor alone."""
        return json.dumps([self.at, _body(self.put("amount", None).variant(""))], sort_keys=True)

    def next_name(self) -> str:
        """The first letter that no variant has: a, b, c, ..."""
        taken = {variant["name"] for variant in self.kept}
        letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
        return next((letter for letter in letters if letter not in taken), "next")

    def _with(self, table: Table) -> Editing:
        return replace(self, steps=(*self.steps[: self.at], table, *self.steps[self.at + 1 :]))


def _body(variant: pruning_preset.Variant) -> list[Any]:
    return [variant["keep_masks"], variant["prune"]]


def read_amount(text: str) -> float:
    """An amount as typed. Raises UserError."""
    try:
        return float(text)
    except ValueError:
        raise UserError(
            f"{text!r} is no number", where="amount", remedy="type one in [0, 1)"
        ) from None


def read_amounts(text: str) -> tuple[float, ...]:
    """The amounts of a sweep: `0.1:0.9:0.1` (first, last, step) or `0.2, 0.5, 0.8`.

    Raises:
        UserError: it is neither.
    """
    parts = text.split(":")
    if len(parts) == 1:
        return tuple(read_amount(part) for part in text.replace(",", " ").split())
    if len(parts) != 3:
        raise UserError(
            f"{text!r} is no range", where="amounts", remedy="write first:last:step, or a list"
        )
    first, last, step = (read_amount(part) for part in parts)
    count = (last - first) / step + 1e-6 if step > 0 else math.nan
    if not 0 <= count < MOST_POINTS:
        raise UserError(
            f"{text!r} is no range of up to {MOST_POINTS} amounts",
            where="amounts",
            remedy="write first:last:step with a step above 0",
        )
    return tuple(round(first + number * step, 6) for number in range(int(count) + 1))


def read_sweep(text: str) -> Table:
    """A sweep as typed: amounts as `read_amounts` takes them, then `refine 0.01`, `exact`, `early`.

    Raises:
        UserError: it is something else.
    """
    amounts, *words = re.split(r"\s+(?=[a-z])", text.strip())
    table: Table = {"sweep": list(read_amounts(amounts))}
    for word in words:
        name, _, value = word.partition(" ")
        if name == "refine" and value:
            table["refine"] = read_amount(value)
        elif word in ("exact", "early"):
            table["exact"] = word == "exact"
        else:
            raise UserError(
                f"{word!r} says nothing of a sweep",
                where="amounts",
                remedy="write refine and a number, exact, or early",
            )
    return table


def sweep_text(table: Mapping[str, Any]) -> str:
    """What `read_sweep` takes for a sweep."""
    words = [", ".join(f"{amount:g}" for amount in table["sweep"])]
    if table.get("refine"):
        words.append(f"refine {table['refine']:g}")
    if "exact" in table:
        words.append("exact" if table["exact"] else "early")
    return " ".join(words)


def where(table: Mapping[str, Any]) -> str:
    """What a step is applied to, and its settings beyond the usual, in a few words."""
    parts = []
    if "channels" in table:
        numbers = ", ".join(map(str, _listed(table["channels"])))
        parts.append(f"{table.get('layer', '')}: channels {numbers}")
    elif "layers" in table:
        parts.append(", ".join(map(str, _listed(table["layers"]))))
    else:
        parts.append("all layers")
    beside = ("method", "amount", "layer", "layers", "channels")
    more = {key: value for key, value in table.items() if key not in beside}
    if more:
        parts.append(toml.inline(more))
    return "  ".join(parts)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]
