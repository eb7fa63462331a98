"""Presets: what loads, what it resolves to, and what is said of what does not load."""

import json
from pathlib import Path

import pytest

from vitac_tui.errors import UserError
from vitac_tui.experiment import presets, toml
from vitac_tui.experiment.settings import Experiment, digest

TEXT = """\
name = "x"

[dataset]
layout = "vitac"
root = "d"

[model]
arch = "resnet18"

[train]
learning_rate = [1e-2, 1e-3]

[[variant]]
name = "a"
[[variant.prune]]
method = "global_unstructured"
amount = {sweep = [0.1, 0.2]}

[[variant]]
name = "b"
[[variant.prune]]
method = "ln_structured"
layers = ["fc"]
amount = 0.5
[[variant.prune]]
method = "depgraph"
amount = 0.5
"""


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    path = tmp_path / "p.toml"
    path.write_text(TEXT)
    return path


def refusal(path: Path, *sets: str) -> str:
    with pytest.raises(UserError) as caught:
        presets.load(str(path), sets)
    return str(caught.value)


@pytest.mark.parametrize("name", list(presets.built_in()))
def test_every_built_in_preset_loads_and_describes_itself(name: str) -> None:
    experiment = presets.load(name)
    assert experiment.name == name
    assert 10 < len(experiment.description) <= 100


@pytest.mark.parametrize("name", list(presets.built_in()))
def test_the_resolved_text_of_a_preset_is_the_same_experiment(name: str, tmp_path: Path) -> None:
    experiment = presets.load(name)
    text = toml.dumps(experiment)
    (tmp_path / "again.toml").write_text(text)
    again = presets.load(str(tmp_path / "again.toml"), working_dir=tmp_path)
    assert again == experiment
    assert digest(again) == digest(experiment)
    assert toml.dumps(again) == text


def test_the_study_is_all_there() -> None:
    study = {name for name in presets.built_in() if name.startswith("study-")}
    halves = {"visual": 6, "tactile": 2}
    assert {half: sum(half in name for name in study) for half in halves} == halves
    compose = presets.load("study-visual-compose-b")
    assert [step.method for step in compose.prune] == ["ln_structured", "global_unstructured"]
    assert compose.model.num_classes == 1000
    assert compose.dataset.image_size == 227
    assert (compose.train.batch_size, compose.evaluate.batch_size) == (64, 128)


def test_a_scalar_learning_rate_is_a_list_of_one(preset: Path) -> None:
    assert presets.load(str(preset), ["train.learning_rate=0.5"]).train.learning_rate == (0.5,)


def test_an_override_beats_the_file_and_a_default_does_not(preset: Path) -> None:
    loaded = presets.load(str(preset))
    assert loaded.train.learning_rate == (1e-2, 1e-3)
    assert loaded.train.epochs == 30
    assert presets.load(str(preset), ["train.epochs=3"]).train.epochs == 3


def test_overrides_reach_variants_by_name_and_steps_by_number(preset: Path) -> None:
    loaded = presets.load(str(preset), ["variant.b.prune.1.amount=0.25"])
    assert loaded.variant[1].prune[1].amount == 0.25  # type: ignore[attr-defined]
    assert loaded.variant[1].prune[0].amount == 0.5  # type: ignore[attr-defined]


@pytest.mark.parametrize("typed", ["5", "a b/c", "true", "[1, 2]", 'with "quotes"', "a=b"])
def test_what_goes_to_a_text_setting_is_text(preset: Path, typed: str) -> None:
    assert presets.load(str(preset), [f"description={typed}"]).description == typed


def test_relative_paths_become_absolute(preset: Path, tmp_path: Path) -> None:
    loaded = presets.load(str(preset), ["model.weights=w.pt"], working_dir=tmp_path)
    assert loaded.dataset.root == str(tmp_path / "d")
    assert loaded.model.weights == str(tmp_path / "w.pt")


def test_lists_leave_no_share_for_test(preset: Path) -> None:
    assert presets.load(str(preset)).dataset.split.test == 0.2
    listed = presets.load(str(preset), ["dataset.train_list=t.txt", "dataset.test_list=e.txt"])
    assert listed.dataset.split.test == 0.0
    assert listed.dataset.split.val == 0.1


def test_channel_pruning_by_amount_recovers_statistics_unless_told_otherwise(preset: Path) -> None:
    by_amount = presets.load(str(preset)).variant[1].prune[1]
    assert by_amount.recover.bn_batches == 30
    off = presets.load(str(preset), ["variant.b.prune.1.recover.bn_batches=0"])
    assert off.variant[1].prune[1].recover.bn_batches == 0
    assert presets.load("study-visual-depgraph").prune[0].recover.bn_batches == 0


def test_execution_settings_do_not_make_another_experiment(preset: Path) -> None:
    base = digest(presets.load(str(preset)))
    for execution in ("device=cpu", "notes=x", "dataset.cache=off", "evaluate.latency_s=0"):
        assert digest(presets.load(str(preset), [execution])) == base
    for result in ("seed=1", "train.epochs=2", "dataset.split.seed=3", "precision=bf16"):
        assert digest(presets.load(str(preset), [result])) != base


@pytest.mark.parametrize(
    "change, expected",
    [
        ("train.epochs=3.5", "train.epochs: expects a whole number, not 3.5"),
        ("train.epochs=-1", "train.epochs: must be at least 0, not -1"),
        ("train.epochs=three", "train.epochs: expects a whole number, not text 'three'"),
        ("train.batch_size=1", "batch-norm needs at least two"),
        ("train.learning_rate=[]", "train.learning_rate: must not be empty"),
        ("train.epoch=1", "train.epoch: unknown key (did you mean 'epochs'?)"),
        ("train.epochs.x=1", "train.epochs: expects a whole number"),
        (
            "name=a/b",
            "name: 'a/b' does not have the right form; Name of the experiment, part of its runs'",
        ),
        ("model.arch=resnet81", "unknown architecture 'resnet81' (did you mean 'resnet18'?)"),
        ("dataset.layout=foldr", "'foldr' is not known (did you mean 'folder'?)"),
        ("dataset.fit=squish", "'squish' is not known (did you mean 'squash'?)"),
        ("dataset.group=abc", "has no group in parentheses"),
        ("dataset.group=(", "is not a regular expression"),
        ("dataset.pattern=x", "unknown key here; it belongs to layout pattern"),
        ("dataset.split.test=0.95", "no images are left for training"),
        ("device=gpu", "device: 'gpu' does not have the right form"),
        ("variant.b.prune.1.amount=1", "must be below 1, not 1"),
        ("variant.b.prune.1.amount=1.5", "must be below 1, not 1.5"),
        ("variant.b.prune.1.amount=-0.1", "must be at least 0, not -0.1"),
        ("variant.b.prune.1.amount={to = {macs = 1}}", "reserved for a later release"),
        ("variant.b.prune.1.channels=[1]", "either amount or layer and channels"),
        ("variant.b.prune.0.amount={sweep = [0.1, 2]}", "amount.sweep.1: must be below 1, not 2"),
        ("variant.a.prune.0.amont=1", "unknown key (did you mean 'amount'?)"),
        ("variant.c.prune.0.amount=1", "variant has no element 'c'; it has 2: a, b"),
        ("variant.b.name=a", "'a' is already the name of variant 0"),
        ("variant.b.name=dense", "'dense' is the name of the unpruned model"),
        ("grid={}", "[grid] is reserved"),
        ("seeds=[1, 1]", "a seed appears twice"),
        ("nonsense", "'nonsense' is not a setting; write --set key.path=value"),
    ],
)
def test_a_wrong_override_is_one_line_that_says_what_where_and_what_would_be_right(
    preset: Path, change: str, expected: str
) -> None:
    message = refusal(preset, change)
    assert expected in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "old, new, expected",
    [
        ("[model]", "[modle]", ":7: modle: unknown key (did you mean 'model'?)"),
        ('arch = "resnet18"', "", ":7: model.arch: is required; The network"),
        ("amount = 0.5", "amonut = 0.5", ":24: variant.1.prune.0.amonut: unknown key"),
        ('layers = ["fc"]', 'layers = "fc"', ":23: variant.1.prune.0.layers: expects a list"),
        ("amount = 0.5", "amount = ", ":24: is not valid TOML"),
        ('name = "x"', 'name = "x"\nname = "y"', ":2: is not valid TOML"),
        ('layout = "vitac"', "layout = 3", ":4: dataset.layout: '3' is not known"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(
    preset: Path, old: str, new: str, expected: str
) -> None:
    preset.write_text(TEXT.replace(old, new))
    message = refusal(preset)
    assert f"{preset}{expected}" in message
    assert "\n" not in message


def test_both_prune_and_variants_is_an_error(preset: Path) -> None:
    step = '\n[[prune]]\nmethod = "global_unstructured"\namount = 0.5\n'
    preset.write_text(TEXT + step)
    assert "either [[prune]] steps or [[variant]] tables" in refusal(preset)


def test_two_sweeps_in_one_variant_are_an_error(preset: Path) -> None:
    changed = "variant.b.prune.0.amount={sweep = [0.1]}"
    assert "at most one step" in refusal(
        preset, changed, "variant.b.prune.1.amount={sweep = [0.1]}"
    )


def test_an_unknown_preset_has_a_near_miss() -> None:
    with pytest.raises(UserError, match="did you mean 'study-tactile'"):
        presets.load("study-tactil")


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x" * 2_000_000])
def test_what_is_no_preset_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.toml").write_bytes(content)
    assert "\n" not in refusal(tmp_path / "p.toml")


def test_a_folder_is_no_preset(tmp_path: Path) -> None:
    assert "is a directory" in refusal(tmp_path)


def test_a_preset_that_starts_from_a_run_takes_its_data_and_its_model(preset: Path) -> None:
    source = json.loads(presets.load("demo").model_dump_json(by_alias=True))

    def find(text: str) -> tuple[str, dict[str, object]]:
        assert text == "2026"
        return "/runs/20260101-demo", source

    loaded = presets.load(str(preset), ["from_run=2026", "dataset.image_size=32"], find_run=find)
    assert loaded.from_run == "/runs/20260101-demo"
    assert loaded.dataset.layout == "sample"
    assert loaded.dataset.image_size == 32
    assert loaded.dataset.split.from_ == "/runs/20260101-demo"
    assert loaded.train.epochs == 0
    assert not loaded.trains
    preset.write_text(toml.dumps(loaded))
    again = presets.load(str(preset), find_run=find)
    assert digest(again) == digest(loaded)


def test_a_set_that_the_other_run_s_split_makes_idle_is_refused(preset: Path) -> None:
    source = json.loads(presets.load("demo").model_dump_json(by_alias=True))

    def load(*sets: str) -> Experiment:
        find = lambda _: ("/runs/20260101-demo", source)  # noqa: E731
        return presets.load(str(preset), ["from_run=2026", *sets], find_run=find)

    with pytest.raises(UserError) as caught:
        load("dataset.split.seed=3")
    assert str(caught.value) == (
        "--set dataset.split.seed=3: has no effect, since the split is taken from "
        "'/runs/20260101-demo'; add --set dataset.split.from= to split the images again"
    )
    assert load("dataset.split.seed=3", "dataset.split.from=").dataset.split.seed == 3
    assert load("dataset.split.seed=3", "dataset.shuffle_labels=true").dataset.split.seed == 3


def test_the_schema_describes_every_setting() -> None:
    def fields(schema: dict[str, object]) -> list[dict[str, object]]:
        tables = [schema, *schema.get("$defs", {}).values()]  # type: ignore[attr-defined]
        return [field for table in tables for field in table.get("properties", {}).values()]

    undescribed = [
        field
        for field in fields(Experiment.model_json_schema(by_alias=True))
        if "description" not in field and "$ref" not in field and "discriminator" not in field
    ]
    assert undescribed == []


@pytest.mark.parametrize("form", ["\ufeff{}", "{}\r\n"])
def test_what_windows_writes_is_a_preset(tmp_path: Path, form: str) -> None:
    (tmp_path / "p.toml").write_bytes(form.format(TEXT).replace("\n", "\r\n").encode())
    assert presets.load(str(tmp_path / "p.toml")).model.arch == "resnet18"


def test_several_problems_are_counted_by_key(tmp_path: Path) -> None:
    path = tmp_path / "p.toml"
    path.write_text(TEXT)
    for changes, more in (
        (["train.learning_rate=x"], ""),
        (["train.epochs=x", "train.momentum=2"], "(and 1 more problem)"),
        (["train.epochs=x", "train.momentum=2", "seed=-1"], "(and 2 more problems)"),
    ):
        with pytest.raises(UserError) as caught:
            presets.load(str(path), changes)
        assert more in str(caught.value)
        assert ("more problem" in str(caught.value)) == bool(more)
    path.write_text(TEXT.replace("arch", "arhc"))
    with pytest.raises(UserError, match=r"unknown key \(did you mean 'arch'\?\)$"):
        presets.load(str(path))
