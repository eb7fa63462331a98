"""The list of pruning steps being edited: tables as in a preset, changed by key presses."""

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
LARGEST = 0.99  # reached with the arrow keys; larger amounts can be typed
MOST_POINTS = 200  # of a sweep; more is taken for a typing error


@dataclass(frozen=True)
class Editing:
    """Steps with a cursor, and the variants kept so far. Each change returns a new object."""

    steps: tuple[Table, ...] = ()
    at: int = 0
    keep_masks: bool = False
    kept: tuple[pruning_preset.Variant, ...] = ()

    @property
    def step(self) -> Table | None:
        """Return the step under the cursor."""
        return self.steps[self.at] if self.steps else None

    @property
    def amount(self) -> float | None:
        """Return the amount of the step under the cursor; None if it is swept or has none."""
        amount = self.step.get("amount") if self.step is not None else None
        return float(amount) if isinstance(amount, int | float) else None

    def add(self, method: str, classifier: str) -> Editing:
        """Add a step after the cursor. Its layers, where required, default to the classifier."""
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
        """Remove the step under the cursor."""
        steps = (*self.steps[: self.at], *self.steps[self.at + 1 :])
        return replace(self, steps=steps, at=max(0, min(self.at, len(steps) - 1)))

    def choose(self, by: int) -> Editing:
        """Move the cursor."""
        return replace(self, at=max(0, min(self.at + by, len(self.steps) - 1)))

    def move(self, by: int) -> Editing:
        """Move the step under the cursor up or down, together with the cursor."""
        to = self.at + by
        if not 0 <= to < len(self.steps):
            return self
        steps = list(self.steps)
        steps.insert(to, steps.pop(self.at))
        return replace(self, steps=tuple(steps), at=to)

    def adjust(self, by: float) -> Editing:
        """Change the amount of the step under the cursor, rounded to four decimals."""
        if self.amount is None:
            return self
        return self.put("amount", round(min(max(self.amount + by, 0.0), LARGEST), 4))

    def put(self, key: str, value: Any) -> Editing:
        """Change one setting of the step under the cursor."""
        return self if self.step is None else self._with({**self.step, key: value})

    def write(self, text: str) -> Editing:
        """Replace all settings of the step under the cursor except its method.

        Args:
            text: the settings as a line of TOML.

        Raises:
            UserError: the text is not TOML.
        """
        if self.step is None:
            return self
        try:
            table = tomllib.loads(f"step = {{{text}}}")["step"]
        except (ValueError, RecursionError) as problem:
            what = str(problem).partition(" (at ")[0]
            raise UserError(f"is not TOML: {what}", where="step") from None
        return self._with({"method": self.step["method"], **table})

    def text(self) -> str:
        """Return the settings of the step under the cursor as `write` takes them."""
        step = self.step or {}
        return toml.inline({key: value for key, value in step.items() if key != "method"})

    def keep(self, name: str) -> Editing:
        """Keep the steps as a variant, replacing one of the same name."""
        others = tuple(variant for variant in self.kept if variant["name"] != name)
        return replace(self, kept=(*others, self.variant(name)))

    def variant(self, name: str) -> pruning_preset.Variant:
        """Return the steps as a `[[variant]]` table."""
        return {"name": name, "keep_masks": self.keep_masks, "prune": list(self.steps)}

    def variants(self) -> list[pruning_preset.Variant]:
        """Return the kept variants, and the current steps unless they are one of them."""
        taken = {variant["name"] for variant in self.kept}
        own = self.variant(
            self.next_name() if pruning_preset.MAIN in taken else pruning_preset.MAIN
        )
        bodies = [_body(variant) for variant in self.kept]
        return [*self.kept, *([own] if self.steps and _body(own) not in bodies else [])]

    @property
    def sweepable(self) -> bool:
        """Tell whether the step under the cursor has an amount or a sweep of amounts."""
        return self.amount is not None or self.swept is not None

    @property
    def swept(self) -> Table | None:
        """Return the sweep of the step under the cursor, if it has one."""
        amount = self.step.get("amount") if self.step is not None else None
        return amount if isinstance(amount, dict) else None

    def sweep(self, table: Table) -> pruning_preset.Variant:
        """Return the steps as a variant in which the one under the cursor is swept.

        Args:
            table: the sweep, as `read_sweep` returns it.
        """
        return self.put("amount", table).variant(pruning_preset.MAIN)

    def shape(self) -> str:
        """Return a key that is equal for lists that differ only in the amount under the cursor."""
        return json.dumps([self.at, _body(self.put("amount", None).variant(""))], sort_keys=True)

    def next_name(self) -> str:
        """Return the first letter that is not the name of a variant."""
        taken = {variant["name"] for variant in self.kept}
        letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
        return next((letter for letter in letters if letter not in taken), "next")

    def _with(self, table: Table) -> Editing:
        return replace(self, steps=(*self.steps[: self.at], table, *self.steps[self.at + 1 :]))


def _body(variant: pruning_preset.Variant) -> list[Any]:
    return [variant["keep_masks"], variant["prune"]]


def read_amount(text: str) -> float:
    """Parse a typed amount.

    Raises:
        UserError: it is not a number.
    """
    try:
        return float(text)
    except ValueError:
        raise UserError(
            f"{text!r} is not a number", where="amount", remedy="type a number in [0, 1)"
        ) from None


def read_amounts(text: str) -> tuple[float, ...]:
    """Parse the amounts of a sweep: `0.1:0.9:0.1` (first:last:step) or `0.2, 0.5, 0.8`.

    Raises:
        UserError: it is neither.
    """
    parts = text.split(":")
    if len(parts) == 1:
        return tuple(read_amount(part) for part in text.replace(",", " ").split())
    if len(parts) != 3:
        raise UserError(
            f"{text!r} is not a range", where="amounts", remedy="type first:last:step, or a list"
        )
    first, last, step = (read_amount(part) for part in parts)
    count = (last - first) / step + 1e-6 if step > 0 else math.nan
    if not 0 <= count < MOST_POINTS:
        raise UserError(
            f"{text!r} is not a range of at most {MOST_POINTS} amounts",
            where="amounts",
            remedy="type first:last:step with a step above 0",
        )
    return tuple(round(first + number * step, 6) for number in range(int(count) + 1))


def read_sweep(text: str) -> Table:
    """Parse a typed sweep: amounts as in `read_amounts`, then `refine 0.01`, `exact` or `early`.

    Raises:
        UserError: the text has another form.
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
                f"{word!r} is not an option of a sweep",
                where="amounts",
                remedy="type refine and a number, exact, or early",
            )
    return table


def sweep_text(table: Mapping[str, Any]) -> str:
    """Return a sweep as `read_sweep` takes it."""
    words = [", ".join(f"{amount:g}" for amount in table["sweep"])]
    if table.get("refine"):
        words.append(f"refine {table['refine']:g}")
    if "exact" in table:
        words.append("exact" if table["exact"] else "early")
    return " ".join(words)


def where(table: Mapping[str, Any]) -> str:
    """Describe what a step is applied to, followed by its remaining settings."""
    parts = []
    if "channels" in table:
        numbers = ", ".join(map(str, _listed(table["channels"])))
        parts.append(f"{table.get('layer', '')}: channels {numbers}")
    elif "layers" in table:
        parts.append(", ".join(map(str, _listed(table["layers"]))))
    else:
        parts.append("all layers")
    shown = ("method", "amount", "layer", "layers", "channels")
    more = {key: value for key, value in table.items() if key not in shown}
    if more:
        parts.append(toml.inline(more))
    return "  ".join(parts)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]
