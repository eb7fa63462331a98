"""The one module that uses Textual's private names, and the versions that it works with."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from textual._compositor import Compositor
from textual.app import App
from textual.drivers import linux_driver
from textual.drivers.linux_driver import LinuxDriver

import vitac_tui.tui
from vitac_tui.tui.terminal import textual_private

CHECKED_WITH = ("8.2",)  # major and minor versions; add one once this file passes with it


def test_the_installed_textual_is_one_that_the_private_names_were_checked_with() -> None:
    installed = version("textual")
    assert ".".join(installed.split(".")[:2]) in CHECKED_WITH, (
        f"textual {installed} is installed; {textual_private.__name__} was checked with "
        f"{', '.join(CHECKED_WITH)}. Run tests/tui, look at a dataset's pictures in kitty or "
        "xterm, then add the version to CHECKED_WITH."
    )


def test_every_private_name_is_still_what_it_was() -> None:
    assert list(inspect.signature(App._display).parameters) == ["self", "screen", "renderable"]
    assert list(inspect.signature(App._handle_exception).parameters) == ["self", "error"]
    assert "_exit_renderables" in inspect.getsource(App.__init__)
    assert list(inspect.signature(Compositor.render_strips).parameters) == ["self", "size"]
    assert "_writer_thread" in inspect.getsource(LinuxDriver.__init__)
    assert "XTermParser(" in inspect.getsource(linux_driver)


def test_no_other_module_uses_a_private_name_of_textual() -> None:
    private = {"_compositor", "_display", "_exit_renderables", "_writer_thread", "_notifications"}
    for path in Path(vitac_tui.tui.__path__[0]).rglob("*.py"):
        if path.name != "textual_private.py":
            tree = ast.parse(path.read_text())
            used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
            assert not used & private, path
            assert not [name for name in imported(tree) if "textual._" in name], path


def imported(tree: ast.AST) -> Iterator[str]:
    """Names of the modules that a module imports."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield str(node.module)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
