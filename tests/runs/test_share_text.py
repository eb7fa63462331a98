from __future__ import annotations

import pytest

from vitac_tui.runs.numbers import share_text


@pytest.mark.parametrize(
    "share, of, text",
    [(2 / 3, 3, "2 of 3"), (1.0, 1, "1 of 1"), (0.6667, 3, "2 of 3"), (0.75, 4, "75.0 %")],
)
def test_shares_of_few_images_are_counts(share: float, of: int, text: str) -> None:
    assert share_text(share, of) == text
