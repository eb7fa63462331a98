"""The app: which screen is shown, and what screens ask for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from textual import on, work
from textual.app import SystemCommand
from textual.binding import BindingType
from textual.notifications import SeverityLevel
from textual.reactive import reactive
from textual.screen import ModalScreen, Screen

from vitac_tui.errors import ExitCode, one_line
from vitac_tui.runs import directory
from vitac_tui.runs.directory import RunDir
from vitac_tui.runs.listing import Listing
from vitac_tui.tui import keys, messages, palette, themes
from vitac_tui.tui.reading import trained
from vitac_tui.tui.reading.followers import Followers
from vitac_tui.tui.reporting import in_thread, reported
from vitac_tui.tui.run_starter import RunStarter
from vitac_tui.tui.screens.jump import Jump, panes
from vitac_tui.tui.screens.live import LiveScreen
from vitac_tui.tui.screens.runs import RunsScreen
from vitac_tui.tui.screens.tensorboard import TensorBoardDialog
from vitac_tui.tui.services import preferences, run_actions, tensorboard_server
from vitac_tui.tui.services.clipboard import copy
from vitac_tui.tui.services.launches import Launches
from vitac_tui.tui.services.machine import Machine
from vitac_tui.tui.services.started_runs import Ended
from vitac_tui.tui.terminal import signals
from vitac_tui.tui.terminal.graphics.choice import Choice, Way
from vitac_tui.tui.terminal.graphics.driver import Driver
from vitac_tui.tui.terminal.graphics.listening import Answered
from vitac_tui.tui.terminal.graphics.pictures import Pictures
from vitac_tui.tui.terminal.textual_private import HookedApp
from vitac_tui.tui.widgets.dialogs import Answer, Ask, Read
from vitac_tui.tui.widgets.heading import cut_texts

WATCH_S = 1.0


class VitacApp(HookedApp):
    """Reads runs and starts detached ones. It owns none, so runs outlive it."""

    TITLE = "vitac-tui"
    CSS_PATH = Path(__file__).parent / "styles/app.tcss"  # absolute, for subclasses elsewhere
    BINDINGS: ClassVar[list[BindingType]] = keys.bindings("app")
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 (as Textual declares it)
        (0, "-narrow"),
        (110, "-wide"),
    ]
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012 (as Textual declares it)
        (0, "-low"),
        (30, "-tall"),
    ]

    way: reactive[Way] = reactive[Way]("blocks", repaint=False)  # how images are drawn

    def __init__(
        self,
        root: Path | None,
        *,
        attach: RunDir | None = None,
        ascii: bool = False,
        images: Choice = "blocks",
        machine: Machine | None = None,
    ) -> None:
        """Show the runs below `root` (None: ./runs, and live ones elsewhere); open `attach`."""
        super().__init__(driver_class=None if images == "blocks" else Driver)
        self.ascii = ascii
        self.pictures = Pictures(images)
        self.crash = ""  # the error that ended the app, if one did
        self._root = root
        self._first = attach
        self._boards = tensorboard_server.Boards()
        self._followers = Followers(self._start_following)
        self._machine = machine or Machine()
        launches = Launches()
        self._home = RunsScreen(Listing(root), str(self.runs_folder), launches)
        self._starter = RunStarter(self, root, self._home, launches, self._open)

    @property
    def runs_folder(self) -> Path:
        """Where new runs go."""
        return self._root or directory.DEFAULT_ROOT

    def on_mount(self) -> None:
        """Open the list first, so that escape from an attached run leads there."""
        for theme in themes.THEMES:
            self.register_theme(theme)
        self.theme = self._remembered_theme()
        self.watch(self, "theme", partial(preferences.remember, "theme"), init=False)
        signals.on_signals(self, self.pictures.farewell)
        self.set_interval(WATCH_S, self._watch_started)
        self.push_screen(self._home)
        if self._first is not None:
            self._open(self._first)

    def on_unmount(self) -> None:
        """Let the threads end."""
        self._followers.keep(())
        self._boards.close()

    def _remembered_theme(self) -> str:
        theme = preferences.load().get("theme")
        return theme if theme in self.available_themes else themes.DEFAULT

    # The terminal

    @on(Answered)
    def _on_answered(self, message: Answered) -> None:
        self.pictures.answered(message.answers)
        self.way = self.pictures.way
        self.screen.refresh()

    def on_resize(self) -> None:
        """Draw images again."""
        self.pictures.resized()

    def change_frame(self, update: Any) -> Any:
        """Draw images over their half blocks."""
        return self.pictures.over(update)

    def on_crash(self, error: Exception) -> None:
        """Log the error in full; the command prints one line once the terminal is restored."""
        self.crash = f"{type(error).__name__}: {error}"
        logging.getLogger(__name__).error("the app crashed", exc_info=error)

    # Screens

    @on(messages.OpenRun)
    def _on_open(self, message: messages.OpenRun) -> None:
        self._open(message.run)

    def _open(self, run: RunDir) -> None:
        self.push_screen(LiveScreen(self._followers.follow(run), self._machine))

    def _start_following(self, follow: Callable[[], None]) -> None:
        self.run_worker(follow, thread=True, exit_on_error=False, group=f"follow-{id(follow)}")

    @on(messages.GoBack)
    async def action_back(self) -> None:
        """Return to the previous screen; home stays."""
        if len(self.screen_stack) <= 2:  # Textual's own first screen, and home
            return
        await self.pop_screen()
        self._followers.keep(
            screen.follower for screen in self.screen_stack if isinstance(screen, LiveScreen)
        )

    @on(messages.NewRun)
    def _on_new_run(self, message: messages.NewRun) -> None:
        # Imported here because numpy would delay the first frame.
        from vitac_tui.tui.screens.setup import SetUpScreen

        self.push_screen(SetUpScreen(self._root, message.dataset))

    @on(messages.ShowResults)
    def _on_results(self, message: messages.ShowResults) -> None:
        from vitac_tui.tui.screens.results import ResultsScreen

        self.push_screen(ResultsScreen(message.runs))

    @on(messages.ChooseDataset)
    @work
    async def _on_dataset(self) -> None:
        from vitac_tui.tui.screens.dataset import DatasetScreen

        table = await self.push_screen_wait(DatasetScreen())
        if table is not None:
            self.post_message(messages.NewRun(table))

    @on(messages.PruneModel)
    @in_thread
    def _on_prune(self, message: messages.PruneModel) -> None:
        model = trained.read(message.run)
        from vitac_tui.tui.screens.prune import PruneScreen

        self.call_from_thread(self.push_screen, PruneScreen(model))

    # Runs

    @on(messages.ControlRun)
    @in_thread
    def _on_control(self, message: messages.ControlRun) -> None:
        run_actions.ask(message.run, message.what)
        self.tell(f"asked {message.run.name} to {message.what}")

    @on(messages.StartRun)
    def _on_start(self, message: messages.StartRun) -> None:
        self._starter.start(message)

    @on(messages.ResumeRun)
    def _on_resume(self, message: messages.ResumeRun) -> None:
        self._starter.resume(message.run)

    @on(messages.ReplayRun)
    def _on_replay(self, message: messages.ReplayRun) -> None:
        self._starter.replay(message.run)

    @on(messages.CancelLaunch)
    def _on_cancel(self, message: messages.CancelLaunch) -> None:
        self._starter.cancel(message.run)

    @work(thread=True, exclusive=True, exit_on_error=False, group="watch")
    def _watch_started(self) -> None:
        for ended in self._starter.started.take_ended():
            self.call_from_thread(self._show_ended, ended)

    def _show_ended(self, ended: Ended) -> None:
        severity: SeverityLevel = "information" if ended.finished else "warning"
        self.notify(one_line(ended.text), severity=severity, timeout=10, markup=False)
        self.bell()

    def tell(self, text: str) -> None:
        """Notify the user, from a thread."""
        self.call_from_thread(self.notify, one_line(text), markup=False)

    # TensorBoard

    @on(messages.OpenTensorBoard)
    @in_thread
    def _on_tensorboard(self, message: messages.OpenTensorBoard) -> None:
        self.tell("starting TensorBoard")
        served = self._boards.serve(message.run.tensorboard)
        self.call_from_thread(self._offer_tensorboard, served)

    @work
    async def _offer_tensorboard(self, served: tensorboard_server.Board) -> None:
        text = await self.push_screen_wait(TensorBoardDialog(served))
        if text:
            self.notify(f"{copy(self, text)}: {text}", markup=False)

    # Keys and commands

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """Fill the command palette."""
        return palette.commands(self, screen)

    def action_help(self) -> None:
        """Show or hide Textual's panel of keys and the focused widget's help."""
        if self.screen.query("HelpPanel"):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    def action_whole(self) -> None:
        """Show in full the lines that are cut on the screen."""
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
        """Leave; ask first if a run that was started or opened here is live. Runs survive it."""
        if isinstance(self.screen, Ask):  # one question at a time
            return
        live = self._live_runs()
        if not live:
            self.exit(int(ExitCode.DONE))
            return
        names = ", ".join(run.name for run in live)
        answers = (
            Answer("d", "detach: the run continues, `vitac-tui attach` shows it again", "detach"),
            Answer("s", "stop it after the current batch, and leave", "stop"),
            Answer("c", "stay here", ""),
        )
        answer = await self.push_screen_wait(Ask(one_line(f"{names} is live."), answers))
        if answer == "stop":
            for run in live:
                self._stop(run)
        if answer:
            self.exit(int(ExitCode.DONE))

    def _live_runs(self) -> list[RunDir]:
        """Return the live runs that were started in this app or that a screen of it shows."""
        shown = (one.follower.view for one in self.screen_stack if isinstance(one, LiveScreen))
        runs = [*self._starter.started.live(), *(view.run for view in shown if view.live)]
        return list({run.path.resolve(): run for run in runs}.values())

    @reported
    def _stop(self, run: RunDir) -> None:
        run_actions.ask(run, "stop")
