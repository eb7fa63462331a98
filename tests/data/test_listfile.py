from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vitac_tui.data.listfile import decode_list, parse_list
from vitac_tui.errors import UserError
from vitac_tui.experiment.dataset import Columns


def pairs(text: str, columns: Columns | None = None) -> list[tuple[str, str]]:
    return [(e.path, e.label) for e in parse_list(text, "list.txt", columns or Columns())]


@pytest.mark.parametrize(
    "line, expected",
    [
        ("11v/IMG_2460_1.jpg 11", ("11v/IMG_2460_1.jpg", "11")),
        ("my cloths/a b.jpg 7", ("my cloths/a b.jpg", "7")),
        ("a/1.png\t3", ("a/1.png", "3")),
        ("a/1.png,3", ("a/1.png", "3")),
        ("a/1.png, 3", ("a/1.png", "3")),
        ("a b/1.png,cotton", ("a b/1.png", "cotton")),
        ("a/1.png,brown bread", ("a/1.png", "brown bread")),
        ("a/1.png brown bread", None),
        ("a/1,5.png 3", ("a/1,5.png", "3")),
        ('"a/1,5.png",3', ("a/1,5.png", "3")),
        ("a b.png", ("a b.png", "")),
        ("odd.png 3.png 4", ("odd.png 3.png", "4")),
        ("a\\b\\1.JPG 4", ("a/b/1.JPG", "4")),
        ("frames/0001 4", ("frames/0001", "4")),
        ("a/1.png 4  ", ("a/1.png", "4")),
    ],
)
def test_a_line_is_cut_where_the_path_ends(line: str, expected: tuple[str, str] | None):
    if expected is None:
        with pytest.raises(UserError, match=r"list\.txt:1: .* does not name an image"):
            pairs(line)
    else:
        assert pairs(line) == [expected]


def test_the_published_writers_form_is_read():
    """It puts the newline before each entry, so the first line is blank and the last unended."""
    assert pairs("\n11v/a.jpg 11\n11v/b.jpg 22") == [("11v/a.jpg", "11"), ("11v/b.jpg", "22")]


def test_crlf_a_bom_and_blank_lines_do_not_matter_and_lines_count_from_one():
    text = decode_list("﻿a.png 1\r\n\r\nb.png 2\r\n".encode(), "l")
    assert [(e.line, e.path, e.label) for e in parse_list(text, "l", Columns())] == [
        (1, "a.png", "1"),
        (3, "b.png", "2"),
    ]


def test_utf16_is_named_as_such():
    with pytest.raises(UserError, match="UTF-16"):
        decode_list("a.png 1".encode("utf-16"), "l.txt")


def test_a_nul_is_refused_with_its_line():
    with pytest.raises(UserError, match=r"l:2: .*NUL"):
        decode_list(b"a.png 1\nb\0.png 1", "l")


def test_bytes_that_are_no_utf8_survive_as_file_names_do():
    assert pairs(decode_list(b"a/\xe9.png 1", "l")) == [("a/\udce9.png", "1")]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_a_csv_with_a_header_is_read_by_column_name(delimiter: str):
    rows = [["id", "label", "path"], ["1", "brown bread", 'odd, "name";\t.png']]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    assert pairs(text.getvalue()) == [('odd, "name";\t.png', "brown bread")]


def test_columns_may_have_other_names_and_give_group_session_and_split():
    columns = Columns(path="file", label="cloth", group="press", session="day", split="part")
    text = "file,cloth,press,day,part\na.png,wool,3,mon,train\n"
    (entry,) = parse_list(text, "l", columns)
    assert (entry.line, entry.path, entry.label) == (2, "a.png", "wool")
    assert (entry.group, entry.session, entry.split) == ("3", "mon", "train")


@pytest.mark.parametrize(
    "text, columns, message",
    [
        ("file,label\na.png,1\n", Columns(), r"l:1: there is no column 'path'"),
        ("path,labels\na.png,1\n", Columns(), r"'label' \(did you mean 'labels'\?\)"),
        ("path,label\na.png,1\n", Columns(group="press"), r"no column 'press'"),
        ("path,label,x\na.png,1\n", Columns(), None),
        ("path,label\na.png\n", Columns(), r"l:2: the row has 1 fields"),
        ("path,label\na.png,\n", Columns(), r"l:2: the column 'label' is empty"),
        ("path,label\n,1\n", Columns(), r"l:2: the column 'path' is empty"),
        ("path,label\na,b.png,1\n", Columns(), r"l:2: the row has 3 fields"),
        ("path,label,label\na.png,1,2\n", Columns(), r"l:1: .* the column 'label' 2 times"),
        ('path,label\na.png,1\n"b.png,1\nc.png,1\n', Columns(), r"l:3: the row is not CSV"),
        ('path,label\n"a\nb.png",1\nc.png,\n', Columns(), r"l:4: the column 'label' is empty"),
        ("a.png 1\nnothing here\n", Columns(), r"l:2: 'nothing here' does not name an image"),
    ],
)
def test_what_is_wrong_is_said_with_file_line_and_a_near_miss(
    text: str, columns: Columns, message: str | None
):
    if message is None:
        assert len(parse_list(text, "l", columns)) == 1
        return
    with pytest.raises(UserError, match=message):
        parse_list(text, "l", columns)


NAMES = st.text(
    st.characters(exclude_characters='\n\r\\\0"', exclude_categories=("Cs",)), min_size=1
).map(lambda text: text.strip(" \t") + ".png")


@settings(deadline=None)
@given(
    st.lists(st.tuples(NAMES, st.integers(0, 10**6)), min_size=1),
    st.sampled_from([" ", "\t", ","]),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_any_path_and_label_that_is_written_is_read_again(entries, separator: str, newline: str):
    text = newline.join(f"{path}{separator}{label}" for path, label in entries)
    assert pairs(text) == [(path, str(label)) for path, label in entries]


@settings(deadline=None)
@given(st.lists(NAMES, min_size=1))
def test_paths_alone_are_read_again(paths: list[str]):
    assert pairs("\n".join(paths)) == [(path, "") for path in paths]


@settings(deadline=None)
@given(st.lists(st.tuples(NAMES, NAMES), min_size=1))
def test_csv_fields_survive_quoting(entries):
    text = io.StringIO()
    csv.writer(text).writerows([("path", "label"), *entries])
    assert pairs(text.getvalue()) == entries


@settings(deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused_in_one_line(text: str):
    said = ""
    try:
        parse_list(text, "l", Columns())
    except UserError as problem:
        said = str(problem)
    assert said.isprintable()
