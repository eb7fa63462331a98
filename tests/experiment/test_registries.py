"""Everything that users can pick by name exists."""

from pathlib import Path

import pytest

from vitac_tui.experiment import reference
from vitac_tui.experiment.registries import REGISTRIES, implementation, implementations


@pytest.mark.parametrize("reference", sorted(set(implementations())))
def test_every_implementation_can_be_imported_and_called(reference: str) -> None:
    assert callable(implementation(reference))


@pytest.mark.parametrize("setting", REGISTRIES)
def test_every_entry_has_a_help_text(setting: str) -> None:
    assert [name for name, entry in REGISTRIES[setting].items() if not entry.help] == []


def test_the_reference_page_agrees_with_the_declarations() -> None:
    page = Path(__file__).parents[2] / "docs/settings.md"
    assert page.read_text() == reference.markdown(), (
        "renew it: python -m vitac_tui.experiment.reference > docs/settings.md"
    )
