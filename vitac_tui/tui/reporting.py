"""Where the errors of services become messages to the user."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

from textual.app import App
from textual.dom import DOMNode
from textual.worker import Worker

from vitac_tui.errors import UserError, one_line

P = ParamSpec("P")


def reported(job: Callable[P, None]) -> Callable[P, None]:
    """Decorate a method of the app, a screen or a widget: its errors become a message.

    The message goes to the node's own `report_problem(text)` if it has one, otherwise the app
    shows it as a notification.
    """

    @wraps(job)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            job(*args, **kwargs)
        except (UserError, OSError) as error:
            _report(_node(args), problem_text(error))

    return run


def in_thread(job: Callable[P, None]) -> Callable[P, Worker[None]]:
    """Decorate a method that blocks: it runs in a thread, and its errors become a message."""

    @wraps(job)
    def start(*args: P.args, **kwargs: P.kwargs) -> Worker[None]:
        node = _node(args)

        def run() -> None:
            try:
                job(*args, **kwargs)
            except Exception as error:
                if not isinstance(error, UserError | OSError):
                    logging.getLogger(__name__).exception("in a thread of the app")
                _app(node).call_from_thread(_report, node, problem_text(error))

        return node.run_worker(run, thread=True, exit_on_error=False)

    return start


def problem_text(error: Exception) -> str:
    """Return one line that says what went wrong."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return one_line(f"{where}{error.strerror or error}")
    return one_line(f"unexpected error: {type(error).__name__}: {error}; see app.log")


def _node(args: tuple[object, ...]) -> DOMNode:
    """Return the node that a method belongs to, by itself or by the app that its object has."""
    owner: Any = args[0]
    node = owner if isinstance(owner, DOMNode) else owner.app
    assert isinstance(node, DOMNode)
    return node


def _report(node: DOMNode, text: str) -> None:
    report: Callable[[str], object] | None = getattr(node, "report_problem", None)
    if report is not None:
        report(text)
    else:
        _app(node).notify(text, severity="error", markup=False)


def _app(node: DOMNode) -> App[Any]:
    return node if isinstance(node, App) else node.app
