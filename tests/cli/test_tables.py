"""What the table of a run says of its figures."""

import io
from typing import Any

from vitac_tui.console.tables import print_results
from vitac_tui.runs.results import Results
from vitac_tui.runs.seeds import over_seeds

LOST = {"class": "denim", "images": 9, "dense": 1.0, "pruned": 1 / 3}
AGAINST = {
    "difference": -0.02, "low": -0.06, "high": 0.01, "p": 0.0625, "gained": 0, "lost": 5,
    "lost_classes": [LOST],
}  # fmt: skip


def scores(split: str, top1: float, against: dict[str, Any] | None, groups: int | None = 6):
    return {
        "split": split, "images": 90, "top1": top1, "top1_low": 0.9, "top1_high": 0.99,
        "top5": None, "loss": 0.1, "per_class": [], "confusion": [], "groups": groups,
        "vote": groups and {"top1": 1.0, "low": 0.61, "high": 1.0}, "against_dense": against,
    }  # fmt: skip


def model(name: str, seed: int, against: dict[str, Any] | None, **more: Any) -> dict[str, Any]:
    return {
        "id": f"seed{seed}-{name}", "variant": name.partition("-")[0], "seed": seed,
        "steps": [{"method": "global_unstructured"}] if against else [], "amount": None,
        "valid_weights": 8, "parameters": 10, "macs": 1e6, "bytes": 40, "latency": [],
        "eval": scores("val", 0.9 + seed / 50, against), "test": None,
    } | more  # fmt: skip


MODELS = (
    model("dense", 0, None),
    model("masks-0.2", 0, AGAINST, amount=0.2),
    model("masks-0.4", 0, AGAINST, amount=0.4),
    model("fc", 0, AGAINST, test=scores("test", 0.94, AGAINST)),
    model("dense", 1, None),
    model("masks-0.2", 1, AGAINST, amount=0.2),
)
CHOSEN = (
    {"what": "amount", "variant": "masks", "seed": 0, "row": "seed0-masks-0.2", "rule": "the rule",
     "split": "val"},
)  # fmt: skip


def table(**more: Any) -> str:
    out = io.StringIO()
    results = Results("r", "finished", models=MODELS, selected=CHOSEN)
    print_results(Results(**{**vars(results), **more}), state="finished", stream=out)
    return " ".join(out.getvalue().split())


def test_a_final_model_is_set_against_dense_and_its_lost_classes_are_named() -> None:
    said = table()
    assert (
        "seed0-masks-0.2 on val: 90.0 [90, 99] %, -2.0 [-6, +1] points against dense "
        "(p 0.0625: 0 gained, 5 lost), by majority vote 100.0 [61, 100] %; "
        "loses class denim (100.0 to 33.3 %)"
    ) in said
    assert "seed0-fc on test: 94.0" in said
    assert "seed0-masks-0.4 on" not in said  # a point of the curve that was not chosen
    assert "seed1-masks-0.2 on" not in said  # nothing is chosen there yet


def test_how_intervals_were_made_is_said() -> None:
    assert "95 %, groups kept together (6 in val, 6 in test); with fewer than 8, bounds" in table()
    alone = ({**MODELS[0], "eval": scores("val", 0.9, None, groups=None)},)
    assert "groups unknown: images count as independent" in table(models=alone, selected=())
    known = ({**MODELS[0], "eval": alone[0]["eval"] | {"grouped_low": 0.7, "grouped_high": 0.98}},)
    shown = table(models=known, selected=())
    assert "seed0-dense is between 70.0 and 98.0 %: set dataset.group" in shown
    old = ({**MODELS[0], "eval": scores("val", 0.9, None) | {"interval": "group bootstrap"}},)
    assert "of an earlier version: too narrow with few groups" in table(models=old, selected=())


def test_seeds_are_summed_up_as_mean_and_spread() -> None:
    said = table(over_seeds=over_seeds(MODELS, CHOSEN))
    assert "dense 2 91.0 ± 1.4 - - -" in said
    assert "masks-0.2 2 91.0 ± 1.4 -2.0 ± 0.0 - -" in said


def test_rows_of_earlier_versions_are_still_shown() -> None:
    new = ("groups", "vote", "against_dense")
    old = [{key: value for key, value in row["eval"].items() if key not in new} for row in MODELS]
    rows = tuple({**row, "eval": was} for row, was in zip(MODELS, old, strict=True))
    assert "seed0-masks-0.2 on val: 90.0 [90.0, 99.0] %" in table(models=rows)


def test_a_marked_table_says_so_and_a_control_beyond_chance_is_an_alarm() -> None:
    classes = [{"class": name, "images": 45, "top1": 1.0} for name in "ab"]
    dense = MODELS[0] | {"eval": MODELS[0]["eval"] | {"per_class": classes, "top1_low": 0.51}}
    data = {"modality": "visual", "layout": "folder", "images": {}, "verdict": "", "warnings": []}
    dataset = data | {"marks": ["control: training labels are shuffled"]}
    said = table(dataset=dataset, models=(dense,), selected=())
    assert "control: training labels are shuffled" in said
    assert "above chance (50.0 %): the evaluation gives classes away" in said
    assert "above chance" not in table(dataset=data, models=(dense,), selected=())
    within = dense | {"eval": dense["eval"] | {"top1_low": 0.5}}
    assert "within chance" in table(dataset=dataset, models=(within,), selected=())


def test_a_network_that_a_trivial_classifier_equals_is_told() -> None:
    probes = {"val": {"pixels": 0.5, "structure": 0.9, "colour": 0.2, "largest": 0.1}}
    data = {"modality": "visual", "layout": "folder", "images": {}, "verdict": "", "warnings": []}
    dense = MODELS[:1]  # 90.0 [90, 99]
    assert (
        "seed0-dense on val: 90.0 [90, 99] % is not shown to beat the nearest training image "
        "by structure alone (90.0 %)"
    ) in table(dataset=data | {"probes": probes}, models=dense, selected=())
    probes["val"]["structure"] = 0.89
    said = table(dataset=data | {"probes": probes}, models=dense, selected=())
    assert "not shown to beat" not in said


def part(row: dict[str, Any], images: int) -> dict[str, Any]:
    """The row as if its scoring had stopped early."""
    scores = {
        "images": images,
        "vote": None,
        "groups": 3,
        "stopped": {"of": 90, "why": "it is sure"},
    }
    return row | {"eval": row["eval"] | scores}


def test_figures_of_a_part_of_the_images_are_marked_and_explained() -> None:
    models = (*MODELS[:2], part(MODELS[2], 32), *MODELS[3:])
    said = table(models=models)
    assert said.count("] ~") == 1
    footnote = "~ scored on a part of the 90 images: seed0-masks-0.4 after 32. It is sure"
    assert footnote in said
    assert "(6 in val" in said  # groups of the split, not of a part
    assert "~" not in table()


def test_no_mean_is_taken_of_a_part_of_the_images() -> None:
    def top1(models: tuple[dict[str, Any], ...]) -> Any:
        (row,) = [row for row in over_seeds(models, ()) if row["model"] == "masks-0.2"]
        return row["eval"]

    assert top1(MODELS)["top1"]["mean"] == 0.91
    assert top1((*MODELS[:-1], part(MODELS[-1], 32))) is None
