import os
import subprocess
import sys

import pytest

from vitac_tui.tui.terminal import guard

WRITES = """
import os, sys
from vitac_tui.tui.terminal import guard
with guard.guarded() as log:
    os.write(1, b"native out\\n")
    print("printed")
    import warnings
    warnings.warn("warned")
    sys.__stderr__.write("drawn │━●é\\n")
    sys.__stderr__.flush()
print("after")
print(open(log).read())
"""


def guarded(**env: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("LC_ALL", "LC_CTYPE", "LANG")}
    return subprocess.run(
        [sys.executable, "-c", WRITES],
        env={**kept, **env},
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    )


def test_only_the_app_reaches_the_terminal(tmp_path) -> None:
    said = guarded(XDG_STATE_HOME=str(tmp_path), LANG="C.UTF-8")
    assert said.stderr == "drawn │━●é\n"
    before, _, log = said.stdout.partition("after\n")
    assert before == ""
    assert "native out" in log
    assert "warned" in log


def test_under_an_ascii_locale_everything_is_drawn_in_ascii(tmp_path) -> None:
    said = guarded(XDG_STATE_HOME=str(tmp_path), LC_ALL="C")
    assert said.stderr == "drawn |=*?\n"


def test_a_home_that_cannot_be_written_does_not_keep_the_app_from_starting() -> None:
    said = guarded(XDG_STATE_HOME="/proc/nowhere", LANG="C.UTF-8")
    assert said.stderr == "drawn │━●é\n"


@pytest.mark.parametrize(
    "env, ascii",
    [
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "C.utf8"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),  # as Python coerces it
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({}, False),
    ],
)
def test_the_locale_decides_on_ascii(
    env: dict[str, str], ascii: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert guard.ascii_only() is ascii
