"""Everything that users can choose by name exists."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from vitac_tui.experiment import choices, reference
from vitac_tui.experiment.dataset import LAYOUTS
from vitac_tui.experiment.prune import METHODS

REGISTRIES: Mapping[str, Mapping[str, choices.Choice]] = {
    "architecture": choices.ARCHITECTURES,
    "optimizer": choices.OPTIMIZERS,
    "schedule": choices.SCHEDULES,
    "mask importance": choices.MASK_IMPORTANCES,
    "channel importance": choices.CHANNEL_IMPORTANCES,
}


@pytest.mark.parametrize(
    "reference",
    sorted(
        {choice.implementation for registry in REGISTRIES.values() for choice in registry.values()}
        | {layout.implementation for layout in LAYOUTS.values()}
        | {method.implementation for method in METHODS.values()}
    ),
)
def test_every_implementation_can_be_imported_and_called(reference: str) -> None:
    assert callable(choices.implementation(reference))


@pytest.mark.parametrize("registry", list(REGISTRIES))
def test_every_choice_says_what_it_is(registry: str) -> None:
    for name, choice in REGISTRIES[registry].items():
        assert choice.help, name


def test_the_reference_page_is_what_the_declarations_say() -> None:
    page = Path(__file__).parents[2] / "docs/settings.md"
    assert page.read_text() == reference.markdown(), (
        "make it anew: python -m vitac_tui.experiment.reference > docs/settings.md"
    )
