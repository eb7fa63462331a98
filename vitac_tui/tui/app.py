"""The app: which screen is shown, the followers behind them, and what screens ask for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from rich.console import RenderableType
from textual import on, work
from textual.app import App, SystemCommand
from textual.binding import BindingType
from textual.notifications import SeverityLevel
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from vitac_tui.errors import ExitCode, UserError, one_line
from vitac_tui.runs import directory, status
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.listing import Listing, is_live
from vitac_tui.tui import keys, messages, themes
from vitac_tui.tui.reading import trained
from vitac_tui.tui.reading.follower import Follower
from vitac_tui.tui.screens.dialogs import Answer, Ask, Read
from vitac_tui.tui.screens.jump import Jump, panes
from vitac_tui.tui.screens.live import LiveScreen
from vitac_tui.tui.screens.runs import RunsScreen
from vitac_tui.tui.services import run_actions, tensorboard_server
from vitac_tui.tui.services.machine import Machine
from vitac_tui.tui.terminal import signals
from vitac_tui.tui.terminal.graphics.choice import Choice, Way
from vitac_tui.tui.terminal.graphics.driver import Driver
from vitac_tui.tui.terminal.graphics.listening import Answered
from vitac_tui.tui.terminal.graphics.pictures import Pictures
from vitac_tui.tui.widgets.heading import cut_texts

WATCH_S = 1.0


class VitacApp(App[int]):
    """Reads runs and starts detached ones. It owns none, so leaving it takes nothing down."""

    TITLE = "vitac-tui"
    CSS_PATH = Path(__file__).parent / "styles/app.tcss"  # absolute: a subclass lies elsewhere
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("app")
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 (as Textual declares it)
        (0, "-narrow"),
        (110, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 (as Textual declares it)
        (0, "-low"),
        (30, "-tall"),
    ]

    way: reactive[Way] = reactive[Way]("blocks", repaint=False)  # of drawing pictures

    def __init__(
        self,
        root: Path | None,
        *,
        attach: RunDir | None = None,
        ascii: bool = False,
        images: Choice = "blocks",
        machine: Machine | None = None,
    ) -> None:
        """`root` is where runs lie (None: ./runs, live ones elsewhere); `attach` is opened."""
        super().__init__(driver_class=None if images == "blocks" else Driver)
        self.ascii = ascii
        self.pictures = Pictures(images)
        self.crash = ""  # what went wrong, once something did
        self._root = root
        self._first = attach
        self._started: list[RunDir] = []  # by this app, and live when last looked at
        self._replays: dict[Path, RunDir] = {}  # run by its path, to the run that it repeats
        self._boards = tensorboard_server.Boards()
        self._followers: list[Follower] = []
        self._machine = machine or Machine()
        self._listing = Listing(root)

    @property
    def runs_folder(self) -> Path:
        """Where new runs go."""
        return self._root or directory.DEFAULT_ROOT

    def on_mount(self) -> None:
        """Home first, so that escape from an attached run leads there."""
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = themes.DEFAULT
        signals.on_signals(self, self.pictures.farewell)
        self.set_interval(WATCH_S, self._watch_started)
        self.push_screen(RunsScreen(self._listing, str(self.runs_folder)))
        if self._first is not None:
            self._open(self._first)

    @on(Answered)
    def _on_answered(self, message: Answered) -> None:
        self.pictures.answered(message.answers)
        self.way = self.pictures.way
        self.screen.refresh()

    def on_resize(self) -> None:
        """Draw pictures anew."""
        self.pictures.resized()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        # Textual's last step of a frame. It has no public place where one can add to a frame.
        super()._display(screen, self.pictures.over(renderable))

    def on_unmount(self) -> None:
        """Let the threads end."""
        for follower in self._followers:
            follower.stop()
        self._boards.close()

    @on(messages.Open)
    def _on_open(self, message: messages.Open) -> None:
        self._open(message.run)

    def _open(self, run: RunDir) -> None:
        follower = Follower(run)
        self._followers.append(follower)
        self.run_worker(
            follower.follow, thread=True, exit_on_error=False, group=f"follow-{id(follower)}"
        )
        self.push_screen(LiveScreen(follower, self._machine))

    async def action_back(self) -> None:
        """To the screen before; home stays."""
        if len(self.screen_stack) <= 2:  # Textual's own first screen, and home
            return
        await self.pop_screen()
        self._let_go()

    def _let_go(self) -> None:
        """Stop followers whose screens are gone."""
        used = {
            id(screen.follower) for screen in self.screen_stack if isinstance(screen, LiveScreen)
        }
        for follower in self._followers:
            if id(follower) not in used:
                follower.stop()
        self._followers = [f for f in self._followers if id(f) in used]

    @on(messages.SetUp)
    def _on_set_up(self, message: messages.SetUp) -> None:
        # Here, not above: numpy and the data room would delay the first frame.
        from vitac_tui.tui.screens.setup import SetUpScreen

        self.push_screen(SetUpScreen(self._root, message.dataset))

    @on(messages.Back)
    async def _on_back(self) -> None:
        await self.action_back()

    @on(messages.Results)
    def _on_results(self, message: messages.Results) -> None:
        from vitac_tui.tui.screens.results import ResultsScreen

        self.push_screen(ResultsScreen(message.runs))

    @on(messages.Dataset)
    @work
    async def _on_dataset(self) -> None:
        from vitac_tui.tui.screens.dataset import DatasetScreen

        table = await self.push_screen_wait(DatasetScreen())
        if table is not None:
            self.post_message(messages.SetUp(table))

    @on(messages.Prune)
    @work(thread=True, exit_on_error=False)
    def _on_prune(self, message: messages.Prune) -> None:
        try:
            model = trained.read(message.run)
        except UserError as problem:
            self._tell(str(problem), "error")
            return
        from vitac_tui.tui.screens.prune import PruneScreen

        self.call_from_thread(self.push_screen, PruneScreen(model))

    @on(messages.Request)
    @work(thread=True, exit_on_error=False)
    def _on_request(self, message: messages.Request) -> None:
        try:
            run_actions.ask(message.run, message.what)
            self._tell(f"asked {message.run.name} to {message.what}")
        except UserError as problem:
            self._tell(str(problem), "error")

    @on(messages.Start)
    @work(thread=True, exit_on_error=False)
    def _on_start(self, message: messages.Start) -> None:
        asked = self.screen
        self._tell(f"{message.name}: checking the experiment, its data and this machine")
        try:
            run = run_actions.start(message.preset, message.name, self._root, sets=message.sets)
        except UserError as problem:
            self._tell(str(problem), "error")
            return
        self.call_from_thread(self._began, run, asked, message.watch)

    @on(messages.Resume)
    @work(thread=True, exit_on_error=False)
    def _on_resume(self, message: messages.Resume) -> None:
        asked = self.screen
        self._tell(f"resuming {message.run.name}")
        try:
            run_actions.resume(message.run)
        except UserError as problem:
            self._tell(str(problem), "error")
            return
        self.call_from_thread(self._began, message.run, asked)

    @on(messages.Replay)
    @work(thread=True, exit_on_error=False)
    def _on_replay(self, message: messages.Replay) -> None:
        name, asked = message.run.name, self.screen
        self._tell(f"running the experiment of {name} anew")
        try:
            run = run_actions.replay(message.run, self._root)
        except UserError as problem:
            self._tell(str(problem), "error")
            return
        self._replays[run.path] = message.run
        self.call_from_thread(self._began, run, asked)

    def _began(
        self, run: RunDir, asked: Screen[Any], watch: Callable[[RunDir], None] | None = None
    ) -> None:
        """Show a run that has begun, unless its user has gone on to something else meanwhile."""
        self._started.append(run)
        if watch is not None:
            watch(run)
        elif self.screen is asked and not isinstance(self.focused, Input):
            self._open(run)
        else:
            self.notify(one_line(f"{run.name} has begun; the list of runs has it"), markup=False)

    @work(thread=True, exclusive=True, exit_on_error=False, group="watch")
    def _watch_started(self) -> None:
        """Say when a run that was started here has ended."""
        for run in [run for run in self._started if not is_live(run)]:
            self._started.remove(run)
            state, reason = status.shown(status.read(run.status))
            text = f"{run.name}: {state}{': ' + reason if reason else ''}"
            source = self._replays.pop(run.path, None)
            if source is not None and state == "finished":
                text += f"; {run_actions.compared(source, run)}"
            self._tell(text, "information" if state == "finished" else "warning", timeout=10)
            self.call_from_thread(self.bell)

    @on(messages.Board)
    @work(thread=True, exit_on_error=False)
    def _on_board(self, message: messages.Board) -> None:
        self._tell("starting TensorBoard")
        try:
            served = self._boards.serve(message.run.tensorboard)
            self.call_from_thread(self._offer_board, served)
        except UserError as problem:
            self._tell(str(problem), "error")

    @work
    async def _offer_board(self, served: tensorboard_server.Board) -> None:
        """Say where TensorBoard is for as long as it takes to read or to copy."""
        answers = (
            Answer("y", f"copy for another machine: {served.tunnel}", served.tunnel),
            Answer("a", "copy the address", served.address),
            Answer("c", "close", ""),
        )
        question = one_line(f"TensorBoard: {served.address} until the app ends.")
        copied = await self.push_screen_wait(Ask(question, answers))
        if copied:
            self.copy_to_clipboard(copied)
            self.notify(f"copied: {copied}", markup=False)

    def _tell(self, text: str, severity: SeverityLevel = "information", timeout: int = 5) -> None:
        self.call_from_thread(
            self.notify, one_line(text), severity=severity, timeout=timeout, markup=False
        )

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The command palette: the screen's keys from the one table, and what is everywhere."""
        for key in keys.TABLE.get(getattr(screen, "SCOPE", ""), ()):
            act = partial(self.call_later, screen.run_action, key.action)
            yield SystemCommand(key.label, f"{key.help} ({key.key.partition(',')[0]})", act)
        yield SystemCommand("theme", "Choose the colours.", self.action_change_theme)
        yield SystemCommand("help", "Show or hide the keys. (?)", self.action_help)
        yield SystemCommand("jump", "Show a letter on every pane. (j)", self.action_jump)
        yield SystemCommand("in full", "Show the lines that are cut. (h)", self.action_whole)
        yield SystemCommand("quit", "Leave; asks when a run is live. (q)", self.action_leave)

    def _handle_exception(self, error: Exception) -> None:
        """A crash: to the log in full, and one line after the terminal is as it was."""
        self.crash = f"{type(error).__name__}: {error}"
        logging.getLogger(__name__).error("the app crashed", exc_info=error)
        super()._handle_exception(error)
        self._exit_renderables.clear()  # Textual's own: a page of locals

    def action_help(self) -> None:
        """Show or hide Textual's panel of keys and the focused widget's help."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    def action_whole(self) -> None:
        """Show the lines in full that the screen has no room for."""
        if not isinstance(self.screen, ModalScreen):
            whole = "\n\n".join(cut_texts(self.screen))
            self.push_screen(Read(whole or "No line is cut here."))

    @work
    async def action_jump(self) -> None:
        """Show a letter on every pane; that letter focuses it."""
        screen = self.screen
        if not isinstance(screen, ModalScreen):
            widget = await self.push_screen_wait(Jump(panes(screen)))
            if widget is not None and widget.is_attached:
                screen.set_focus(widget)

    @work
    async def action_leave(self) -> None:
        """Leave; with a live run that was started here, ask first. Runs never die of it."""
        if isinstance(self.screen, Ask):  # one question at a time
            return
        live = [run for run in self._started if is_live(run)]
        if not live:
            self.exit(int(ExitCode.DONE))
            return
        names = ", ".join(run.name for run in live)
        answers = (
            Answer("d", "detach: the run goes on, `vitac-tui attach` shows it again", "detach"),
            Answer("s", "stop it after the current batch, and leave", "stop"),
            Answer("c", "stay here", ""),
        )
        answer = await self.push_screen_wait(Ask(one_line(f"{names} is live."), answers))
        if answer == "stop":
            for run in live:
                try:
                    run_actions.ask(run, "stop")
                except UserError as problem:
                    self.notify(str(problem), severity="error", markup=False)
        if answer:
            self.exit(int(ExitCode.DONE))
