"""Everything that users can choose by name exists."""

from collections.abc import Mapping

import pytest

from vitac_tui.experiment import choices
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
