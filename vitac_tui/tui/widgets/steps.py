"""The list of pruning steps: one row each, the cursor on one, and the keys that change it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widget import Widget

from vitac_tui.errors import UserError, one_line
from vitac_tui.experiment.prune import METHODS, matching
from vitac_tui.tui import keys
from vitac_tui.tui.reading import editing
from vitac_tui.tui.reading.editing import Editing, Table
from vitac_tui.tui.reading.pruning_metrics import PruningMetrics
from vitac_tui.tui.widgets.prompt import Prompt

EMPTY = "No steps yet.  a adds one; s scores the list on validation; g sweeps an amount."


@dataclass(frozen=True)
class _Row:
    method: str
    amount: str
    removed: str  # what it really removed, once known
    where: str


class Steps(Widget, can_focus=True):
    """Shows as many rows as fit around the cursor. What is typed goes through the `Prompt`."""

    DEFAULT_CSS = "Steps { height: 6; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"steps--head", "steps--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("steps")
    HELP = "The steps, applied from the top. Left and right turn the amount; a digit types it."

    class Moved(Message):
        """The cursor is on another step."""

    def __init__(
        self,
        layers: Sequence[str],
        check: Callable[[Editing], object],
        changed: Callable[[], None],
        **kwargs: str | None,
    ) -> None:
        """Begin with an empty list.

        Args:
            layers: names of those that can be pruned.
            check: raises UserError for a list with a mistake; what is typed is then not taken.
            changed: called when the list is another one.
            kwargs: of the widget.
        """
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.editing = Editing()
        self._layers = tuple(layers)
        self._check = check
        self._changed = changed
        self._metrics = PruningMetrics()

    def take(self, made: Editing) -> None:
        """Have another list."""
        self.editing = made
        self.refresh_bindings()
        self._changed()

    def show(self, metrics: PruningMetrics) -> None:
        """Show the list with what is known of each step."""
        self._metrics = metrics
        self.refresh()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Without a step there is nothing that the keys of a step could change."""
        return bool(self.editing.steps)

    def action_remove(self) -> None:
        """Without this step."""
        self.take(self.editing.remove())

    def action_choose(self, by: int) -> None:
        """Another step."""
        self.editing = self.editing.choose(by)
        self.refresh()
        self.post_message(self.Moved())

    def action_move(self, by: int) -> None:
        """This step earlier or later."""
        self.take(self.editing.move(by))

    def action_turn(self, by: float) -> None:
        """A larger or smaller amount."""
        if self.editing.amount is not None:
            self.take(self.editing.adjust(by))
        elif self.editing.steps:
            self._prompt.say("this step goes by channels; e edits it")

    def action_masks(self) -> None:
        """Amounts of what is unmasked, or of everything."""
        self.take(replace(self.editing, keep_masks=not self.editing.keep_masks))

    def on_key(self, event: events.Key) -> None:
        """A digit or the point begins an amount."""
        if event.character is not None and event.character in "0123456789.":
            event.stop()
            self.action_type(event.character)

    def action_type(self, first: str = "") -> None:
        """Type the amount."""
        if self.editing.amount is None:
            return

        def done(text: str) -> None:
            self._try(self.editing.put("amount", editing.read_amount(text)))

        value = first or f"{self.editing.amount:g}"
        self._prompt.type("amount in [0, 1): enter takes it, escape does not", value, done)

    def action_layers(self) -> None:
        """Type names or globs of layers."""
        step, names = self.editing.step, self._layers
        if step is None:
            return
        fields = METHODS[step["method"]].model_fields
        key = next((key for key in ("layers", "protect") if key in fields), "")
        if not key:
            self._prompt.say(f"{step['method']} ranks all layers together")
            return

        def done(text: str) -> None:
            patterns = text.replace(",", " ").split()
            lost = [pattern for pattern in patterns if not matching([pattern], names)]
            if lost:
                raise UserError(
                    f"{lost[0]!r} matches no layer",
                    where=key,
                    remedy=f"there are {', '.join([*names[:3], '...', *names[-1:]])}",
                )
            self._try(self.editing.put(key, patterns))
            self._prompt.say(f"{key}: {len(matching(patterns, names))} of {len(names)} layers")

        value = step.get(key, () if fields[key].is_required() else fields[key].default)
        what = "left whole" if key == "protect" else "to prune"
        hint = f"layers {what}, names or globs: {', '.join([*names[:3], '...', *names[-1:]])}"
        self._prompt.type(hint, " ".join(value), done)

    def action_edit(self) -> None:
        """Type every setting of the step."""
        step = self.editing.step
        if step is not None:
            known = [key for key in METHODS[step["method"]].model_fields if key != "method"]
            hint = f"settings: {', '.join(known)}"
            self._prompt.type(
                hint, self.editing.text(), lambda text: self._try(self.editing.write(text))
            )

    def _try(self, made: Editing) -> None:
        self._check(made)
        self.take(made)

    @property
    def _prompt(self) -> Prompt:
        return self.screen.query_one(Prompt)

    def render(self) -> Text:
        """Head and rows."""
        made = self.editing
        if not made.steps:
            return Text(EMPTY)
        rows = [self._row(place, step) for place, step in enumerate(made.steps)]
        width, room = self.size.width, max(1, self.size.height - 1)
        first = min(max(0, made.at - room + 1), max(0, len(rows) - room))
        head = _Row("step", "amount", "removed", "of")
        names, amounts, gone = (
            max(len(getattr(row, part)) for row in (head, *rows))
            for part in ("method", "amount", "removed")
        )
        lines = []
        for place, row in [(-1, head), *list(enumerate(rows))[first : first + room]]:
            number = f"{'▸' if place == made.at else ' '}{place + 1:>2}" if place >= 0 else "   "
            text = (
                f"{number} {row.method:<{names}}  {row.amount:>{amounts}}  "
                f"{row.removed:>{gone}}  {row.where}"
            )
            line = Text(text, no_wrap=True)
            line.truncate(width, overflow="ellipsis", pad=True)
            style = {-1: "steps--head", made.at: "steps--cursor"}.get(place)
            if style is not None:
                line.stylize(self.get_component_rich_style(style, partial=True))
            lines.append(line)
        return Text("\n", no_wrap=True).join(lines)

    def _row(self, place: int, step: Table) -> _Row:
        where = one_line(f"{editing.where(step)}{self._metrics.note(place)}")
        removed = self._metrics.removed(place)
        return _Row(str(step["method"]), _amount(step.get("amount")), removed, where)


def _amount(value: Any) -> str:
    if isinstance(value, dict):
        return "sweep"
    return f"{value:.4g}" if isinstance(value, int | float) else "-"
