"""What users write as regular expressions ends, and says what is wrong with it."""

import time

import pytest

from vitac_tui.errors import UserError
from vitac_tui.experiment import expressions
from vitac_tui.experiment.expressions import bounded, compiled

#: Expressions that need years for `TEXT` where nothing stops them.
ENDLESS = ["(a|aba|b)+$", "(?:(a|b)|(a|b))*$", "(a|b|ab|ba)+$"]
TEXT = "ab" * 40 + "!"


@pytest.mark.parametrize("written", ENDLESS)
def test_an_endless_match_is_given_up_in_a_sentence(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expressions, "PATIENCE_S", 0.1)
    search = bounded(compiled(written).search, written, "dataset.group")
    began = time.monotonic()
    with pytest.raises(UserError, match=r"^dataset\.group: .* takes too long to match 'aba"):
        search(TEXT)
    assert time.monotonic() - began < 5


def test_the_time_of_all_matches_is_limited_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expressions, "PATIENCE_S", 0.1)
    search = bounded(compiled("(a|aa)+$").search, "(a|aa)+$", "dataset.group")
    brief = "a" * 18 + "!"
    assert search(brief) is None
    with pytest.raises(UserError, match="takes too long"):
        all(search(brief) is None for _ in range(10_000))


@pytest.mark.parametrize("written", ["(a+)+$", r"^(\w+\s?)*$", "(x+x+)+y", r"([^/]*a){9}[^/]*c"])
def test_nested_repetitions_are_no_reason_to_refuse(written: str) -> None:
    assert bounded(compiled(written).search, written, "dataset.group")(TEXT) is None
