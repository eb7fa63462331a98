"""Where caches, preferences and state are kept."""

import sys
from pathlib import Path

import pytest

from vitac_tui.errors import UserError
from vitac_tui.system import dirs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="paths of the XDG specification")
FOLDERS = {
    "XDG_CACHE_HOME": (dirs.default_cache_root, ".cache"),
    "XDG_CONFIG_HOME": (dirs.config_folder, ".config"),
    "XDG_STATE_HOME": (dirs.state_folder, ".local/state"),
}


@pytest.mark.parametrize("variable", FOLDERS)
def test_folders_follow_the_xdg_specification(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, default = FOLDERS[variable]
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv(variable, raising=False)
    assert folder() == Path("/home/me") / default / "vitac-tui"
    monkeypatch.setenv(variable, "/elsewhere")
    assert folder() == Path("/elsewhere/vitac-tui")
    monkeypatch.setenv(variable, "relative")  # to be ignored
    assert folder() == Path("/home/me") / default / "vitac-tui"


def test_without_a_home_folder_the_setting_to_change_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 2**31 - 7)  # a user without an account
    with pytest.raises(UserError, match=r"set dataset\.cache to a folder"):
        dirs.default_cache_root()
