"""A new run: a preset, its settings as a form, and what they mean before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Input, Label, Static

from vitac_tui.audit.dataset_table import changed
from vitac_tui.errors import UserError, counted, one_line
from vitac_tui.experiment.settings import Experiment
from vitac_tui.tui import keys, messages
from vitac_tui.tui.reading.draft import Draft, known_presets, save
from vitac_tui.tui.reading.folders import expanded
from vitac_tui.tui.reading.form import rows
from vitac_tui.tui.reading.summary import Summary, network_text, summarize
from vitac_tui.tui.reading.survey import Table
from vitac_tui.tui.reporting import reported
from vitac_tui.tui.screens.dataset import DatasetScreen
from vitac_tui.tui.services.network_cost import Counting
from vitac_tui.tui.widgets.completing_input import CompletingInput, NamesOrFolders
from vitac_tui.tui.widgets.heading import Heading
from vitac_tui.tui.widgets.prompt import Prompt
from vitac_tui.tui.widgets.settings_form import SettingsForm

PREPARED = ("image_size", "fit", "augment", "max_corrupt", "cache")  # of any dataset alike


class SetUpScreen(Screen[None]):
    """The form is a preset plus `--set` texts, the same as on the command line."""

    SCOPE = "setup"
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings(SCOPE)
    AUTO_FOCUS = "#preset"
    HELP = "A new run. Enter edits a setting, left and right step through choices, g starts."

    @dataclass
    class Replied(Message):
        """What the process beside the app said."""

        reply: dict[str, Any]

    def __init__(self, root: Path | None, dataset: Table | None = None) -> None:
        """Begin with the demo, or on a `[dataset]` table with the preset that fits it."""
        super().__init__()
        self._root = root
        own = dataset is not None and dataset.get("layout") != "sample"
        self._draft = Draft("folder" if own else "demo")
        self._dataset = dataset
        self._summary = Summary("")
        self._counting = Counting(lambda reply: self.post_message(self.Replied(reply)))
        self._experiment: Experiment | None = None
        self._descriptions = dict(known_presets())

    def compose(self) -> ComposeResult:
        """Preset, settings, help, the line to edit in, what it means, keys."""
        yield Heading("new run")
        with Horizontal(id="source"):
            yield Label("preset ")
            yield CompletingInput(
                self._draft.preset,
                suggester=NamesOrFolders(self._descriptions),
                select_on_focus=True,
                compact=True,
                id="preset",
            )
        yield Static("", markup=False, id="description")
        with Horizontal(id="form"):
            yield SettingsForm(self._preview, self._change, id="settings")
            with VerticalScroll(id="meaning"):
                yield Static("", markup=False, id="summary")
        yield Prompt()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Show the first preset."""
        self._begin()

    @reported
    def _begin(self) -> None:
        self._load(self._draft)
        if self._dataset is not None:
            self._take(self._dataset)

    def on_unmount(self) -> None:
        """Nobody will ask for figures any more."""
        self._counting.close()

    @on(Input.Changed, "#preset")
    def _named(self, event: Input.Changed) -> None:
        about = self._descriptions.get(event.value, "a file, or one of: ")
        names = ", ".join(self._descriptions) if event.value not in self._descriptions else ""
        self._describe(f"{about}{names}")

    def _describe(self, text: str, *, wrong: bool = False) -> None:
        description = self.query_one("#description", Static)
        description.update(one_line(text))
        description.set_class(wrong, "-bad")

    @on(Input.Submitted, "#preset")
    def _chosen(self, event: Input.Submitted) -> None:
        dataset = self._draft.dataset
        try:
            self._load(Draft(event.value.strip()))
        except UserError as problem:
            self._describe(str(problem), wrong=True)
            return
        if dataset is not None:  # it was chosen, not the preset's
            self._take(dataset)
        self.query_one(SettingsForm).focus()

    def _load(self, draft: Draft) -> None:
        """Take a draft. Raises UserError if it does not resolve."""
        experiment = draft.resolve(self._root)
        self._draft, self._experiment = draft, experiment
        self._say("")
        self._fill()
        self._look_ahead(experiment)

    def _preview(self, key: str, text: str) -> None:
        self._draft.set(key, text).resolve(self._root)

    def _change(self, key: str, text: str) -> None:
        self._load(self._draft.set(key, text))

    def _take(self, table: Table) -> None:
        """Go on with a dataset; how its images are prepared stays, where the table is silent."""
        if self._experiment is None:
            return
        before = changed(self._experiment.dataset)
        other = table.get("root") != before.get("root")
        prepared = {key: before[key] for key in PREPARED if other and key in before}
        self._load(self._draft.with_dataset(table, prepared))
        self.query_one(SettingsForm).focus()

    def _say(self, problem: str) -> None:
        self.query_one(Prompt).say(problem, bad=bool(problem))

    def report_problem(self, text: str) -> None:
        """Show an error on the form's own line."""
        self._say(text)

    def _fill(self) -> None:
        experiment = self._experiment
        if experiment is None:
            return
        settings = rows(experiment)
        changed = {row.key for row in settings if self._draft.changes(row.key)}
        self.query_one(SettingsForm).show(settings, changed)
        count = len(self._draft.sets)
        changes = f", {counted(count, 'change')}" if count else ""
        self.query_one(Heading).say(one_line(f"new run: {experiment.name}{changes}"))

    @work(thread=True, exclusive=True, exit_on_error=False, group="summary")
    def _look_ahead(self, experiment: Experiment) -> None:
        self.app.call_from_thread(self._take_summary, experiment, summarize(experiment))

    def _take_summary(self, experiment: Experiment, found: Summary) -> None:
        if experiment is not self._experiment:  # changed since
            return
        self._summary = found
        self._show_summary()
        if found.network is not None:
            self._counting.ask(found.network)

    def _show_summary(self, trouble: str = "") -> None:
        text, network = self._summary.text, self._summary.network
        if network is not None and self._experiment is not None:
            figures = Counting.KNOWN.get(network)
            counting = f"network: {network.arch}, {trouble or 'counting…'}"
            about = network_text(self._experiment, figures) if figures else counting
            text = f"{text}\n{about}"
        self.query_one("#summary", Static).update(text)

    @on(Replied)
    def _heard(self, event: Replied) -> None:
        trouble = self._counting.hear(event.reply)
        if trouble is not None:
            self._show_summary(trouble)

    @on(Prompt.Closed)
    def _typing_over(self) -> None:
        self.query_one(SettingsForm).focus()

    def action_leave_field(self) -> None:
        """Leave the input, or the screen; leaving the screen drops the changes."""
        prompt = self.query_one(Prompt)
        if prompt.typing:
            prompt.close()
        elif self._draft.sets and self.query_one("#preset").has_focus:
            self.query_one("#settings").focus()
        else:
            self.post_message(messages.GoBack())

    @reported
    def action_undo(self) -> None:
        self._load(self._draft.undo())

    def action_preset(self) -> None:
        """Choose another preset."""
        self.query_one("#preset").focus()

    @work
    async def action_dataset(self) -> None:
        """Choose the dataset on the screen that shows it."""
        if self._experiment is None:
            return
        screen = DatasetScreen(changed(self._experiment.dataset))
        table = await self.app.push_screen_wait(screen)
        if table is not None:
            self._took(table)

    @reported
    def _took(self, table: Table) -> None:
        self._take(table)

    def action_outlook(self) -> None:
        """On narrow screens, what it means in place of the settings, and back."""
        shown = self.toggle_class("-meaning").has_class("-meaning")
        self.query_one("#meaning" if shown else "#settings").focus()

    def action_save(self) -> None:
        """Save the experiment as a preset."""
        experiment = self._experiment
        if experiment is None:
            return

        def done(text: str) -> None:
            path = expanded(text)
            save(experiment, path)
            self.notify(f"saved {path}", markup=False)

        hint = "save as (a path, from the working folder)"
        self.query_one(Prompt).type(hint, f"presets/{experiment.name}.toml", done)

    def action_start(self) -> None:
        """Start a detached run of it."""
        if self._experiment is not None:
            self.post_message(
                messages.StartRun(self._draft.preset, self._experiment.name, self._draft.sets)
            )
