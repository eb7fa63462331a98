"""Everything that a preset can name exists."""

import pytest

from vitac_tui.experiment.choices import (
    ARCHITECTURES,
    CHANNEL_IMPORTANCES,
    MASK_IMPORTANCES,
    implementation,
)
from vitac_tui.experiment.prune import METHODS

NAMED = [
    *(choice for table in (ARCHITECTURES, CHANNEL_IMPORTANCES, MASK_IMPORTANCES)
      for choice in table.values()),
    *METHODS.values(),
]  # fmt: skip


@pytest.mark.parametrize("reference", sorted({entry.implementation for entry in NAMED}))
def test_implementations_import(reference):
    assert callable(implementation(reference))
