"""Pruning tried out: a list of steps, what it leaves, its curve, and the preset it becomes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Static

from vitac_tui.errors import one_line
from vitac_tui.experiment import pruning_preset, toml
from vitac_tui.experiment.prune import METHODS
from vitac_tui.runs.directory import RunDir
from vitac_tui.tui import keys, messages
from vitac_tui.tui.plot.sweep_plots import prune_plot
from vitac_tui.tui.plot.widget import Plot
from vitac_tui.tui.reading import editing, masks
from vitac_tui.tui.reading.editing import Editing
from vitac_tui.tui.reading.follower import Follower
from vitac_tui.tui.reading.pruning_metrics import heading, hint_line
from vitac_tui.tui.reading.trained import Trained
from vitac_tui.tui.reporting import reported
from vitac_tui.tui.services import preset_files
from vitac_tui.tui.services.pruning_preview import Trying
from vitac_tui.tui.widgets.dialogs import Answer, Ask
from vitac_tui.tui.widgets.heading import Heading
from vitac_tui.tui.widgets.prompt import Done, Prompt
from vitac_tui.tui.widgets.steps import Steps

DRAW_S = 0.5
SWEEP = "0.1:0.9:0.1"


class PruneScreen(Screen[None]):
    """Keys change the list at once; figures follow from the layer table and the process beside."""

    SCOPE = "prune"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(SCOPE)
    HELP = "Steps to prune with. Arrows choose and turn; s scores them; g sweeps; w saves a preset."

    class Replied(Message):
        """The process beside the screen said something."""

        def __init__(self, reply: dict[str, Any]) -> None:
            super().__init__()
            self.reply = reply

    def __init__(self, trained: Trained) -> None:
        super().__init__()
        self._trained = trained
        self._trying = Trying(trained, lambda reply: self.post_message(self.Replied(reply)))
        self._points = self._trying.points
        layers = masks.prunable(trained.layers)
        self._list = Steps(layers, self._trying.steps, self._change, id="steps")
        self._follower: Follower | None = None  # of the latest sweep
        self._drawn = -1
        self._sweep = SWEEP  # as it was typed last

    def compose(self) -> ComposeResult:
        """Dense figures, steps, curve, figures, what is to be said, keys."""
        yield Heading()
        yield self._list
        yield Plot(id="curve")
        yield Static("", markup=False, id="metrics")
        yield Prompt()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Start the process at once: importing torch takes it seconds."""
        self._list.focus()
        self.set_interval(DRAW_S, self._tick)
        self._head()
        self._change()

    def on_unmount(self) -> None:
        """Leave nothing behind."""
        self._trying.close()
        if self._follower is not None:
            self._follower.stop()

    def on_resize(self) -> None:
        """Choose the short or the long line of metrics."""
        self._show()

    # What is shown

    @property
    def _draft(self) -> Editing:
        return self._list.editing

    def _tick(self) -> None:
        if self._follower is None or not self.is_active:
            return
        if self._follower.view.version != self._drawn:
            self._drawn = self._follower.view.version
            self._points.results = self._follower.view.history.results
            self._curve()
            self._head()

    def _show(self) -> None:
        if not self.is_mounted:
            return
        metrics = self._trying.metrics
        self._list.show(metrics)
        self.query_one("#metrics", Static).update(metrics.line(self._trained, self.size.width - 2))
        self._curve()

    @on(Steps.Moved)
    def _curve(self) -> None:
        dense = self._trained.dense
        self._points.shape = self._draft.shape()
        top1 = dense["eval"]["top1"] if dense is not None else None
        max_drop = self._trained.experiment.select.max_drop
        self.query_one(Plot).show(prune_plot(self._points, top1, max_drop))

    def _say(self, text: str, *, bad: bool = False) -> None:
        self.query_one(Prompt).say(text, bad=bad)

    def report_problem(self, text: str) -> None:
        """Show an error."""
        self._say(text, bad=True)

    def _say_usual(self) -> None:
        self._say(hint_line(self._trained, self._draft, self._trying.note))

    def _head(self) -> None:
        view = self._follower.view if self._follower is not None else None
        self.query_one(Heading).say(heading(self._trained, view), view.state if view else "")
        if view is not None and not view.live and (view.trouble or view.reason):
            self._say(f"{view.run.name}: {view.trouble or view.reason}", bad=True)

    # What changes the list

    def _change(self) -> None:
        self._trying.change(self._draft)
        if self._trying.wrong:
            self._say(self._trying.wrong, bad=True)
        else:
            self._say_usual()
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a line is typed, only giving up does something."""
        return action == "cancel" or not any(prompt.typing for prompt in self.query(Prompt))

    @work
    async def action_add(self) -> None:
        """Choose a method and add a step."""
        told = {name: model.model_fields["method"].description for name, model in METHODS.items()}
        answers = [Answer(str(n), f"{m}: {told[m]}", m) for n, m in enumerate(told, 1)]
        method = await self.app.push_screen_wait(Ask("Add which step?", answers))
        if method:
            self._list.take(self._draft.add(method, self._trained.classifier))

    # What is typed

    def _propose(self, hint: str, value: str, done: Done) -> None:
        self.minimize()  # behind a plot that fills the screen, nobody sees what is typed
        self.query_one(Prompt).type(hint, value, done, proposed=True)
        self.refresh_bindings()

    @on(Prompt.Closed)
    def _typed(self) -> None:
        self._list.focus()
        self.refresh_bindings()

    def action_cancel(self) -> None:
        """Give up typing; else go back."""
        prompt = self.query_one(Prompt)
        if not prompt.typing:
            self.post_message(messages.GoBack())  # a screen that awaits its own end waits forever
            return
        prompt.close()
        self._say_usual()

    def action_keep(self) -> None:
        """Keep the steps as a variant."""
        if not self._ready():
            return

        def done(name: str) -> None:
            made = self._draft.keep(name)
            self._trying.preset(made.kept)
            self._list.editing = made
            self._say_usual()

        self._propose("name of the variant", self._draft.next_name(), done)

    @reported
    def action_save(self) -> None:
        """Save the whole as a preset."""
        if not self._ready():
            return
        data = self._trying.preset(self._draft.variants())

        def done(text: str) -> None:
            self._save(preset_files.target(text), toml.text_of(data))

        self._propose("save as (a path, from the working folder)", f"{data['name']}.toml", done)

    @work
    async def _save(self, path: Path, text: str) -> None:
        if os.path.exists(path):  # noqa: PTH110 (that of Path may raise)
            answers = (Answer("n", "keep the file", ""), Answer("y", "replace it", "replace"))
            question = one_line(f"{path} exists.")
            if await self.app.push_screen_wait(Ask(question, answers)) != "replace":
                self._say(f"not saved: {path} exists")
                return
        self._write(path, text)

    @reported
    def _write(self, path: Path, text: str) -> None:
        preset_files.write(path, text)
        self._say(f"saved {path}; vitac-tui --batch runs it")

    # What is asked of the process beside

    def action_score(self) -> None:
        """Score the steps on validation."""
        if self._trying.wrong:
            return  # which is being said
        self._trying.score(self._draft)
        self._say("scoring on validation; any change of the steps gives it up")

    @on(Replied)
    def _replied(self, message: Replied) -> None:
        word = self._trying.take(message.reply)
        if word is not None:
            self._say(word.text, bad=word.bad)
        self._show()

    # Runs

    def _ready(self) -> bool:
        lack = self._trying.lack(self._draft)
        if lack:
            self._say(lack, bad=True)
        return not lack

    def action_sweep(self) -> None:
        """Type the amounts and start."""
        draft = self._draft
        if not self._ready():
            return
        if not draft.sweepable:
            self._say("this step goes by channels: it has no amount to sweep")
            return

        def done(text: str) -> None:
            variant = self._draft.sweep(editing.read_sweep(text))
            self._sweep = text
            self._start([variant])

        hint = f"amounts of step {draft.at + 1}: first:last:step, or a list; refine 0.01, exact"
        typed = editing.sweep_text(draft.swept) if draft.swept else self._sweep
        self._propose(hint, typed, done)

    @reported
    def action_run_all(self) -> None:
        """A run of everything that would be saved."""
        if self._ready():
            self._start(self._draft.variants())

    def _start(self, variants: list[pruning_preset.Variant]) -> None:
        """Start a detached run of these variants, and watch it. Raises UserError."""
        data = self._trying.preset(variants)
        path = preset_files.draft_file(data)
        self._say("starting: checking the experiment, its data and this machine")
        self.post_message(messages.StartRun(str(path), data["name"], watch=self._watch))

    def _watch(self, run: RunDir) -> None:
        """Follow a run that was started here."""
        if not self.is_mounted:  # left meanwhile; the list of runs has it
            return
        if self._follower is not None:
            self._follower.stop()
        self._follower = follower = Follower(run)
        self._drawn = -1
        self._points.marked = None
        self._say_usual()
        self.run_worker(
            follower.follow, thread=True, exit_on_error=False, group=f"follow-{id(follower)}"
        )

    def action_open(self) -> None:
        """The run of the sweep, live."""
        if self._follower is not None:
            self.post_message(messages.OpenRun(self._follower.run))

    # Points of the curve

    def action_mark(self, by: int) -> None:
        """Another point of the curve."""
        self._points.mark(by)
        self._curve()
        self._say(self._points.about())

    def action_take(self) -> None:
        """The marked amount, or the suggested one, for this step."""
        amount = self._points.taken
        if amount is None or not self._draft.sweepable:
            self._say("nothing to take: [ and ] mark a point of the curve")
            return
        self._points.marked = None
        self._list.take(self._draft.put("amount", amount))
