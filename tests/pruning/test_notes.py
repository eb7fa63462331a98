"""A step says what its user would not expect of it."""

import pytest


@pytest.mark.parametrize(
    "kind, settings, expected",
    [
        ("depgraph", {"amount": 0.0001}, "instead of 0.01%, since widths stay above zero and mult"),
        ("depgraph", {"amount": 0.99}, "instead of 99.00%"),
        ("depgraph", {"amount": 0.5, "round_to": 1}, ""),
        ("depgraph", {"layer": "conv1", "channels": [0]}, ""),
        ("unstructured", {"amount": 0.3}, ""),
        ("unstructured", {"amount": 0.3, "importance": "random"}, ""),
        ("unstructured", {"amount": 1 - 1e-9}, "removed all weights of conv1, "),
        ("by_layer", {"amount": 0.99999, "layers": ["conv1"]}, "removed all weights of conv1"),
        ("by_layer", {"amount": 0.5, "layers": ["*"]}, ""),
        (
            "structured",
            {"amount": 0.95, "layers": ["fc"]},
            "removed all weights of fc; removed 100.00% in",
        ),
        ("structured", {"amount": 0.26, "layers": ["fc"]}, "removed 30.00% instead of 26.00%"),
        ("structured", {"amount": 0.3, "layers": ["fc"]}, ""),
        ("structured", {"amount": 0.01, "layers": ["fc"]}, "removed nothing"),
    ],
)
def test_a_step_that_takes_another_share_or_whole_layers(
    small, prune, step, kind, settings, expected
) -> None:
    layers = settings.pop("layers", ())
    amount = () if kind == "depgraph" else (settings.pop("amount"),)
    note = prune(small, getattr(step, kind)(*amount, *layers, **settings)).note
    assert expected in note
    assert bool(expected) == bool(note)


def test_amounts_are_of_what_is_left_where_masks_are_kept(small, prune, step) -> None:
    for amount in (0.5, 0.5, 0.25):
        assert prune(small, step.unstructured(amount), keep_masks=True).note == ""
    assert prune(small, step.structured(0.1, "fc"), keep_masks=True).note == ""
