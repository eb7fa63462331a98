"""A resume state never reaches the disk before the events that it refers to."""

from pathlib import Path

import torch

from vitac_tui.training.checkpoints import Checkpointer, load_state


def test_the_log_is_synced_before_the_state_appears(tmp_path: Path) -> None:
    path, seen = tmp_path / "resume.pt", []
    checkpointer = Checkpointer(
        path,
        "1 epoch",
        seq=lambda: 7,
        emit=lambda event, unit: None,
        sync=lambda: seen.append(path.exists()),
    )
    checkpointer.save("rate/0", {"epoch": 1, "step": 2, "model": torch.zeros(2)}, wait=True)
    assert seen == [False]
    state = load_state(path)
    assert state is not None
    assert state["seq"] == 7


def test_a_log_that_cannot_be_synced_leaves_the_state_before(tmp_path: Path) -> None:
    path = tmp_path / "resume.pt"
    path.write_bytes(b"the state before")

    def fail() -> None:
        raise OSError(5, "Input/output error")

    checkpointer = Checkpointer(
        path, "1 epoch", seq=lambda: 7, emit=lambda event, unit: None, sync=fail
    )
    failed = ""
    try:
        checkpointer.save("rate/0", {"epoch": 1, "step": 2}, wait=True)
    except OSError as problem:
        failed = str(problem)
    assert "Input/output error" in failed
    assert path.read_bytes() == b"the state before"
