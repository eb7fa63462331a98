"""Reading JSON that somebody may have crafted takes bounded memory."""

import json
import tracemalloc
from pathlib import Path

import pytest

from vitac_tui.errors import UserError
from vitac_tui.runs.jsontext import document
from vitac_tui.runs.results import LARGEST
from vitac_tui.system.files import read_json

MOST_BYTES = 300_000_000


def many(item: str, size: int) -> str:
    return '{"schema": 1, "models": [' + ",".join([item] * (size // (len(item) + 1))) + "]}"


@pytest.mark.parametrize("item", ["[]", "{}", "1000", "0.5", '{"a":1}'])
def test_a_file_of_60_mb_with_too_many_values_is_refused_without_reading_them(
    tmp_path: Path, item: str
) -> None:
    path = tmp_path / "results.json"
    path.write_text(many(item, 60_000_000))
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match="too many values") as refused:
            read_json(path, form=1, largest=LARGEST)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    assert "\n" not in str(refused.value)


def test_a_sparse_file_of_a_gigabyte_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    with path.open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(UserError, match="larger than 64 MB"):
        read_json(path, form=1, largest=LARGEST)


def test_confusions_of_a_thousand_classes_are_read(tmp_path: Path) -> None:
    confusion = [[50 if column == row else 0 for column in range(1000)] for row in range(1000)]
    path = tmp_path / "results.json"
    path.write_bytes(document({"schema": 1, "models": [{"confusion": confusion}] * 6}))
    assert read_json(path, form=1, largest=LARGEST)["models"] == [{"confusion": confusion}] * 6
    assert json.loads(path.read_bytes())["schema"] == 1
