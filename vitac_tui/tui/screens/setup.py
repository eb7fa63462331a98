"""A new run: a preset, its settings as a form, and what they mean before it starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from rich.text import Text
from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.suggester import SuggestFromList
from textual.widgets import DataTable, Footer, Input, Label, Static

from vitac_tui.audit.dataset_table import changed
from vitac_tui.errors import UserError, one_line
from vitac_tui.experiment.settings import Experiment
from vitac_tui.tui import keys, messages
from vitac_tui.tui.reading.draft import Draft, known_presets, save
from vitac_tui.tui.reading.folders import expanded
from vitac_tui.tui.reading.form import Row, rows
from vitac_tui.tui.reading.outlook import Outlook, network_text, outlook
from vitac_tui.tui.reading.survey import Table
from vitac_tui.tui.screens.dataset import DatasetScreen
from vitac_tui.tui.services.network_cost import Counting
from vitac_tui.tui.widgets.heading import Heading

KEY_WIDTH = 34
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
        self._outlook = Outlook("")
        self._counting = Counting(lambda reply: self.post_message(self.Replied(reply)))
        self._experiment: Experiment | None = None
        self._settings: tuple[Row, ...] = ()
        self._editing: Literal["", "value", "save"] = ""
        self._descriptions = dict(known_presets())

    def compose(self) -> ComposeResult:
        """Preset, settings, help, the line to edit in, what it means, keys."""
        yield Heading("new run")
        with Horizontal(id="source"):
            yield Label("preset ")
            yield Input(
                self._draft.preset,
                suggester=SuggestFromList(list(self._descriptions), case_sensitive=False),
                select_on_focus=True,
                compact=True,
                id="preset",
            )
        yield Static("", markup=False, id="description")
        with Horizontal(id="form"):
            yield DataTable(cursor_type="row", zebra_stripes=True, id="settings")
            with VerticalScroll(id="meaning"):
                yield Static("", markup=False, id="outlook")
        yield Static("", markup=False, id="help")
        yield Input(compact=True, id="edit")
        yield Static("", markup=False, id="problem")
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Show the first preset."""
        self.query_one("#edit").display = False
        if self._load(self._draft) and self._dataset is not None:
            self._take(self._dataset)

    def on_unmount(self) -> None:
        """Nobody will ask for figures any more."""
        self._counting.close()

    def on_resize(self) -> None:
        """Values take the room that is left."""
        self._fill()

    @on(Input.Changed, "#preset")
    def _named(self, event: Input.Changed) -> None:
        about = self._descriptions.get(event.value, "a file, or one of: ")
        names = ", ".join(self._descriptions) if event.value not in self._descriptions else ""
        self.query_one("#description", Static).update(one_line(f"{about}{names}"))

    @on(Input.Submitted, "#preset")
    def _chosen(self, event: Input.Submitted) -> None:
        dataset = self._draft.dataset
        if self._load(Draft(event.value.strip())):
            if dataset is not None:  # it was chosen, not the preset's
                self._take(dataset)
            self.query_one(DataTable).focus()

    def _load(self, draft: Draft) -> bool:
        """Take a draft if it resolves; otherwise say what is wrong with it."""
        try:
            experiment = draft.resolve(self._root)
        except UserError as problem:
            self._say(str(problem))
            return False
        self._draft, self._experiment = draft, experiment
        self._say("")
        self._fill()
        self._look_ahead(experiment)
        return True

    def _take(self, table: Table) -> None:
        """Go on with a dataset; how its images are prepared stays, where the table is silent."""
        if self._experiment is None:
            return
        before = changed(self._experiment.dataset)
        other = table.get("root") != before.get("root")
        prepared = {key: before[key] for key in PREPARED if other and key in before}
        if self._load(self._draft.with_dataset(table, prepared)):
            self.query_one("#settings").focus()

    def _say(self, problem: str) -> None:
        self.query_one("#problem", Static).update(one_line(problem))

    def _fill(self) -> None:
        experiment = self._experiment
        if experiment is None or not self.is_mounted:
            return
        self._settings = rows(experiment)
        table = self.query_one(DataTable)
        at = table.cursor_row
        table.clear(columns=True)
        table.add_column("setting", width=KEY_WIDTH)
        table.add_column("value", width=max(10, table.size.width - KEY_WIDTH - 6))
        table.fixed_columns = 1
        for row in self._settings:
            mark = "* " if self._draft.changes(row.key) else "  "
            value = f"{row.text} {row.field.unit}".strip()
            table.add_row(
                Text(f"{mark}{row.key}", overflow="ellipsis", no_wrap=True),
                Text(one_line(value), overflow="ellipsis", no_wrap=True),
            )
        table.move_cursor(row=min(at, len(self._settings) - 1))
        count = len(self._draft.sets)
        changes = f", {count} change{'s' if count != 1 else ''}" if count else ""
        self.query_one(Heading).say(one_line(f"new run: {experiment.name}{changes}"))

    @work(thread=True, exclusive=True, exit_on_error=False, group="outlook")
    def _look_ahead(self, experiment: Experiment) -> None:
        self.app.call_from_thread(self._take_outlook, experiment, outlook(experiment))

    def _take_outlook(self, experiment: Experiment, found: Outlook) -> None:
        if experiment is not self._experiment:  # changed since
            return
        self._outlook = found
        self._show_outlook()
        if found.network is not None:
            self._counting.ask(found.network)

    def _show_outlook(self, trouble: str = "") -> None:
        text, network = self._outlook.text, self._outlook.network
        if network is not None and self._experiment is not None:
            figures = Counting.KNOWN.get(network)
            counting = f"network: {network.arch}, {trouble or 'counting…'}"
            about = network_text(self._experiment, figures) if figures else counting
            text = f"{text}\n{about}"
        self.query_one("#outlook", Static).update(text)

    @on(Replied)
    def _heard(self, event: Replied) -> None:
        trouble = self._counting.hear(event.reply)
        if trouble is not None:
            self._show_outlook(trouble)

    @property
    def _field(self) -> Row | None:
        at = self.query_one(DataTable).cursor_row
        return self._settings[at] if 0 <= at < len(self._settings) else None

    @on(DataTable.RowHighlighted)
    def _moved(self) -> None:
        field = self._field
        if field is None:
            return
        self.query_one("#help", Static).update(one_line(f"{field.key}: {field.help}"))

    @on(DataTable.RowSelected)
    def _edit(self) -> None:
        field = self._field
        if field is not None:
            self._ask("value", field.text, field.choices)

    def _ask(
        self, what: Literal["value", "save"], text: str, choices: tuple[str, ...] = ()
    ) -> None:
        line = self.query_one("#edit", Input)
        self._editing = what
        line.suggester = SuggestFromList(list(choices)) if choices else None
        line.value = text
        line.display = True
        line.focus()

    @on(Input.Changed, "#edit")
    def _typed(self, event: Input.Changed) -> None:
        field = self._field
        if self._editing != "value" or field is None:
            return
        try:
            self._draft.set(field.key, event.value).resolve(self._root)
        except UserError as problem:
            self._say(str(problem))
        else:
            self._say("")

    @on(Input.Submitted, "#edit")
    def _done(self, event: Input.Submitted) -> None:
        field = self._field
        if self._editing == "save":
            self._save(expanded(event.value))
        elif field is None or self._load(self._draft.set(field.key, event.value)):
            self._close()

    def _close(self) -> None:
        self._editing = ""
        self.query_one("#edit").display = False
        self.query_one(DataTable).focus()

    def _save(self, path: Path) -> None:
        if self._experiment is None:
            return
        try:
            save(self._experiment, path)
        except UserError as problem:
            self._say(str(problem))
            return
        self.notify(f"saved {path}", markup=False)
        self._close()

    def action_leave_field(self) -> None:
        """Out of a line; from the list, back to the screen before, and what was changed is gone."""
        if self._editing:
            self._say("")
            self._close()
        elif self._draft.sets and self.query_one("#preset").has_focus:
            self.query_one("#settings").focus()
        else:
            self.post_message(messages.Back())

    def action_step(self, by: int) -> None:
        """The next or the previous choice."""
        field = self._field
        if field is None or not field.choices or not self.query_one(DataTable).has_focus:
            return
        at = field.choices.index(field.text) if field.text in field.choices else -by
        self._load(self._draft.set(field.key, field.choices[(at + by) % len(field.choices)]))

    def action_undo(self) -> None:
        """Take the last change back."""
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
            self._take(table)

    def action_outlook(self) -> None:
        """On narrow screens, what it means in place of the settings, and back."""
        shown = self.toggle_class("-meaning").has_class("-meaning")
        self.query_one("#meaning" if shown else "#settings").focus()

    def action_save(self) -> None:
        """Save the experiment as a preset."""
        if self._experiment is not None:
            self._ask("save", f"presets/{self._experiment.name}.toml")

    def action_start(self) -> None:
        """Start a detached run of it."""
        if self._experiment is not None:
            self.post_message(
                messages.Start(self._draft.preset, self._experiment.name, self._draft.sets)
            )
