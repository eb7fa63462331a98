"""The preview process of the Prune screen, on a trained run."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import PATIENCE_S, TINY, Command, results_of

from vitac_tui.system.child import module_command
from vitac_tui.worker.preview.server import Inbox

LISTS: dict[str, tuple[bool, list[dict[str, Any]]]] = {
    "masks": (False, [{"method": "global_unstructured", "amount": 0.4}]),
    "composed": (
        True,
        [
            {"method": "ln_structured", "layers": ["fc"], "amount": 0.34},
            {"method": "global_unstructured", "amount": 0.4, "importance": "random"},
        ],
    ),
    "channels": (
        False,
        [{"method": "depgraph", "amount": 0.5, "recover": {"bn_batches": 3}}],
    ),
    "mixed": (
        False,
        [
            {"method": "layer_unstructured", "layers": ["layer1.*"], "amount": 0.3},
            {"method": "depgraph", "layer": "conv1", "channels": [2, 6, 9]},
        ],
    ),
}
FIGURES = ("parameters", "valid_weights", "nonzero", "macs", "bytes", "steps")


def variants() -> str:
    """Return the lists as tables of a preset."""
    text = []
    for name, (keep_masks, steps) in LISTS.items():
        text.append(f'[[variant]]\nname = "{name}"\nkeep_masks = {str(keep_masks).lower()}\n')
        for step in steps:
            text.append("[[variant.prune]]\n")
            recover = step.get("recover")
            for key, value in step.items():
                if key != "recover":
                    text.append(f"{key} = {json.dumps(value)}\n")
            if recover:
                text.append(f"recover = {{bn_batches = {recover['bn_batches']}}}\n")
    return "".join(text)


class Preview:
    """The preview process and its replies."""

    def __init__(self, run: Path | None, env: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            module_command("vitac_tui.worker.preview.server", *([str(run)] if run else [])),
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._replies: queue.Queue[dict[str, Any]] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        for line in self.process.stdout:
            self._replies.put(json.loads(line))

    def send(self, **request: Any) -> None:
        self.write(json.dumps(request))

    def write(self, line: str) -> None:
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        return self._replies.get(timeout=PATIENCE_S)

    def request(self, id: int, do: str, steps: Any, keep_masks: bool = False) -> dict[str, Any]:
        """Return the final reply to a request."""
        self.send(id=id, do=do, steps=steps, keep_masks=keep_masks)
        while "of" in (reply := self.receive()):
            pass
        assert reply["id"] == id
        return reply

    def close(self) -> int:
        self.process.stdin.close()
        try:
            return self.process.wait(5)
        finally:
            self.process.kill()
            self.process.stdout.close()


@pytest.fixture(scope="module")
def run(vitac_tui: Command, stripes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run that trained a model and pruned it with every list in `LISTS`."""
    place = tmp_path_factory.mktemp("whatif")
    (place / "tiny.toml").write_text(TINY.format(root=stripes) + variants())
    done = vitac_tui(
        "--batch", "tiny.toml", "--run", "tiny", "--set", "train.epochs=1", "--quiet", cwd=place
    )
    assert done.returncode == 0, done.stderr
    return place / "runs" / "tiny"


@pytest.fixture(scope="module")
def preview(run: Path, environment: dict[str, str]) -> Iterator[Preview]:
    made = Preview(run, environment)
    assert made.receive()["ready"] == {"device": "cpu", "precision": "fp32", "note": ""}
    yield made
    assert made.close() == 0


def content(run: Path) -> dict[Path, tuple[int, int]]:
    found = [path for path in run.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in found}


@pytest.mark.parametrize("name", LISTS)
def test_sizes_are_those_that_the_run_recorded(preview: Preview, run: Path, name: str) -> None:
    keep_masks, steps = LISTS[name]
    row = next(row for row in results_of(run)["models"] if row["variant"] == name)
    figures = preview.request(1, "size", steps, keep_masks)["figures"]
    assert figures == {key: row[key] for key in FIGURES}


@pytest.mark.parametrize("name", LISTS)
def test_scores_are_those_that_the_run_recorded(preview: Preview, run: Path, name: str) -> None:
    before = content(run)
    keep_masks, steps = LISTS[name]
    row = [row for row in results_of(run)["models"] if row["variant"] == name][-1]
    reply = preview.request(2, "score", steps, keep_masks)
    assert reply["eval"]["split"] == "val"
    assert reply["eval"] == {key: row["eval"][key] for key in reply["eval"]}
    assert reply["eval"]["interval"] == "groups"
    assert reply["eval"]["against_dense"]["low"] <= reply["eval"]["against_dense"]["difference"]
    assert reply["rung"] == row["rung"]
    assert reply["figures"]["valid_weights"] == row["valid_weights"]
    assert content(run) == before  # nothing is written into the run


def test_without_the_dense_models_predictions_it_is_scored_once_more(
    preview: Preview, run: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    shutil.copytree(run, tmp_path / "tiny", ignore=shutil.ignore_patterns("dense.val.npz"))
    made = Preview(tmp_path / "tiny", environment)
    made.receive()
    steps = LISTS["masks"][1]
    assert made.request(1, "score", steps)["eval"] == preview.request(2, "score", steps)["eval"]
    made.close()


def test_no_steps_are_the_dense_model(preview: Preview, run: Path) -> None:
    dense = results_of(run)["models"][0]
    reply = preview.request(3, "score", [])
    assert reply["eval"]["loss"] == dense["eval"]["loss"]
    assert reply["eval"]["against_dense"] is None
    assert reply["figures"]["macs"] == dense["macs"]


def test_changing_a_later_step_gives_the_same_as_the_whole_list(preview: Preview) -> None:
    first = {"method": "ln_structured", "layers": ["fc"], "amount": 0.34}
    for amount in (0.3, 0.5, 0.4, 0.5):  # from the second request on, the first step is reused
        turned = preview.request(
            4, "size", [first, {"method": "layer_unstructured", "layers": ["fc"], "amount": amount}]
        )
    preview.request(5, "size", [first])
    preview.request(6, "size", [{"method": "ln_structured", "layers": ["fc"], "amount": 0.9}])
    anew = preview.request(
        7, "size", [first, {"method": "layer_unstructured", "layers": ["fc"], "amount": 0.5}]
    )
    assert turned["figures"] == anew["figures"]


@pytest.mark.parametrize(
    "steps, message",
    [
        ([{"method": "global_unstructured", "amount": 1.5}], "step 1: amount: must be below 1"),
        ([{"method": "magic", "amount": 0.5}], "step 1: method: 'magic' is not known"),
        (
            [
                {"method": "global_unstructured", "amount": 0.5},
                {"method": "ln_structured", "layers": ["nowhere"], "amount": 0.5},
            ],
            "step 2: layers: 'nowhere' matches no layer",
        ),
        ([{"method": "depgraph", "layer": "fc", "channels": [0]}], "is the classifier"),
        ([{"method": "global_unstructured", "amount": {"sweep": [0.1]}}], "set a single amount"),
        ("none", "steps must be a list"),
        ([5], "step 1"),
    ],
)
def test_an_error_is_one_line_and_the_process_continues(
    preview: Preview, steps: Any, message: str
) -> None:
    error = preview.request(8, "size", steps)["error"]
    assert message in error
    assert "\n" not in error
    assert "figures" in preview.request(9, "size", [])


def test_without_a_run_it_counts_a_network_as_a_run_records_it(
    run: Path, environment: dict[str, str]
) -> None:
    made = Preview(None, environment)
    made.send(id=1, do="model", arch="resnet18", num_classes=3, image_size=32)
    dense, figures = results_of(run)["models"][0], made.receive()["figures"]
    for key in ("parameters", "macs", "bytes"):
        assert figures[key] == dense[key]
    for key in ("valid_weights", "nonzero"):  # a fresh weight is zero by chance, and may stay so
        assert 0 <= figures[key] - dense[key] <= 5
    made.send(id=2, do="model", arch="resnet17", num_classes=3, image_size=32)
    assert "unknown architecture" in made.receive()["error"]
    made.send(id=3, do="size", steps=[])
    assert "name a run" in made.receive()["error"]
    assert made.close() == 0


def test_invalid_requests_are_answered_with_errors(preview: Preview) -> None:
    for line in ("{", "[]", '{"do": "dance", "steps": []}'):
        preview.write(line)
        assert "error" in preview.receive()
    assert "figures" in preview.request(10, "size", [])


def test_the_newest_request_wins(preview: Preview) -> None:
    steps = LISTS["channels"][1]
    preview.request(20, "size", steps)
    for id in range(21, 61):
        preview.send(id=id, do="score", steps=steps, keep_masks=False)
    preview.send(id=61, do="size", steps=steps, keep_masks=False)
    replies = []
    while not replies or replies[-1]["id"] != 61:
        replies.append(preview.receive())
    assert len(replies) < 20
    assert replies[-1]["figures"]["steps"]


def test_it_ends_with_its_stdin_even_while_it_starts(
    run: Path, environment: dict[str, str]
) -> None:
    made = Preview(run, environment)
    began = time.monotonic()
    assert made.close() == 0
    assert time.monotonic() - began < 5


def test_a_run_without_validation_images_is_never_scored(
    run: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    copy = tmp_path / "runs" / "tiny"
    shutil.copytree(run, copy)
    samples = copy / "samples.csv"
    samples.write_text(samples.read_text().replace(",val,", ",test,"))
    events = (copy / "events.jsonl").read_text().splitlines(keepends=True)
    (copy / "events.jsonl").write_text("".join(e for e in events if "dataset_ready" not in e))
    made = Preview(copy, environment)
    made.receive()
    assert "no validation images" in made.request(1, "score", [])["error"]
    made.close()


def test_a_run_without_a_model_is_refused(
    run: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    shutil.copytree(run, tmp_path / "bare", ignore=shutil.ignore_patterns("dense.*"))
    made = Preview(tmp_path / "bare", environment)
    assert "dense.json" in made.receive()["error"]
    assert made.process.wait(PATIENCE_S) == 2
    made.close()


def test_a_request_that_waits_is_replaced_and_one_in_progress_interrupted() -> None:
    inbox = Inbox()
    inbox.put({"id": 1})
    inbox.put({"id": 2})
    taken = inbox.take()
    assert taken is not None
    request, interrupter = taken
    assert request == {"id": 2}
    assert interrupter.interruption is None
    inbox.put({"id": 3})
    assert interrupter.interruption is not None
    inbox.close()
    assert inbox.take() is None
