from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitac_tui.data.samples_csv import read_samples_csv, write_samples_csv
from vitac_tui.data.table import Sample, SampleTable
from vitac_tui.errors import UserError

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))
SAMPLES = st.builds(
    Sample,
    path=TEXT,
    label=st.integers(0, 10**9),
    class_name=TEXT,
    group=TEXT,
    session=TEXT,
    frame=st.integers(-1, 10**12),
    modality=TEXT,
    pair=TEXT,
    split=st.sampled_from(["train", "val", "test"]),
)


@settings(deadline=None)
@given(st.lists(SAMPLES))
def test_what_is_written_is_read_again(tmp_path_factory, samples: list[Sample]):
    path = tmp_path_factory.getbasetemp() / "samples.csv"
    write_samples_csv(path, SampleTable(Path("/"), tuple(samples)), ["ab"] * len(samples))
    assert read_samples_csv(path) == tuple(samples)


def test_the_columns_are_a_contract_and_odd_bytes_survive(tmp_path: Path):
    sample = Sample("a/\udce9.png", 11, "11", "g", split="train")
    write_samples_csv(tmp_path / "s.csv", SampleTable(tmp_path, (sample,)), ["00ff"])
    assert (tmp_path / "s.csv").read_bytes() == (
        b"path,class,class_name,group,frame,split,content_hash,session,modality,pair\n"
        b"a/\xe9.png,11,11,g,-1,train,00ff,,,\n"
    )
    assert read_samples_csv(tmp_path / "s.csv") == (sample,)


HEADER = "path,class,class_name,group,frame,split,content_hash,session,modality,pair\n"


@pytest.mark.parametrize(
    "text, message",
    [
        ("a,b\n1,2\n", r"s\.csv:2: this is not the samples\.csv"),
        (f"{HEADER}a,x", ":2:"),
        (f"{HEADER}a", ":2:"),
        (f"{HEADER}a,1,x,g,0,train,00,,,,\n", ":2:"),
        (f'{HEADER}"a\nb",1,x,g,0,train,00,,,\nc,1,x,g,0,tset,00,,,\n', ":4: the split 'tset'"),
        (f"{HEADER}a,1,x,g,0,,00,,,\n", ":2: the split ''"),
        (None, "cannot be read"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str | None, message: str):
    if text is not None:
        (tmp_path / "s.csv").write_text(text)
    with pytest.raises(UserError, match=message):
        read_samples_csv(tmp_path / "s.csv")
