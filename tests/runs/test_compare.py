"""Which values of two runs differ."""

from typing import Any

from vitac_tui.runs.compare import differences, one_sided


def table(**more: Any) -> dict[str, Any]:
    scores = {"top1": 0.5, "wall_s": 1.0, **more}
    return {"run": "a", "models": [{"id": "dense", "eval": scores}, {"id": "fc", "eval": scores}]}


def test_timings_and_names_of_runs_do_not_count() -> None:
    assert list(differences(table(), table(wall_s=2.0) | {"run": "b"})) == []


def test_wording_of_a_verdict_does_not_count_but_its_grade_does() -> None:
    old = {"dataset": {"verdict": "clean: no overlap found", "warnings": [], "classes": 2}}
    new = {"dataset": {"verdict": "nothing found: ...", "warnings": ["a"], "verdict_grade": "leak"}}
    assert list(differences(old, new)) == []
    other = {"dataset": {**new["dataset"], "verdict_grade": "nothing_found"}}
    assert [found.place for found in differences(new, other)] == ["dataset.verdict_grade"]


def test_a_difference_names_its_row_and_its_size() -> None:
    found = [str(difference) for difference in differences(table(), table(top1=0.75))]
    assert found == [
        "models.dense.eval.top1: 0.5 and 0.75, apart by 0.25",
        "models.fc.eval.top1: 0.5 and 0.75, apart by 0.25",
    ]


def test_rows_that_only_one_run_has_are_a_difference() -> None:
    shorter = table() | {"models": table()["models"][:1]}
    assert [found.place for found in differences(table(), shorter)] == ["models"]


def test_a_metric_that_only_one_run_has_is_no_difference_but_is_named_once() -> None:
    assert list(differences(table(), table(ece=0.1))) == []
    assert one_sided(table(), table(ece=0.1)) == ["models.eval.ece"]
    assert one_sided(table(ece=0.1), table()) == ["models.eval.ece"]
    assert one_sided(table(), table()) == []


def test_a_value_that_became_null_is_a_difference() -> None:
    assert [found.place for found in differences(table(ece=0.1), table(ece=None))] == [
        "models.dense.eval.ece",
        "models.fc.eval.ece",
    ]
