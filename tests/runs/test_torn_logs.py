"""A log of any lines gives every whole event of it, in order, and never an error."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest
from corpus.runs import said
from hypothesis import given, settings
from hypothesis import strategies as st

from vitac_tui.runs import events, jsontext, lines, log, results

EVENTS = [*said("x"), events.RunResumed(3, "was killed"), events.UnitFinished(1.5)]


@dataclass(frozen=True)
class Part:
    """Some bytes of a log, and the event that a reader makes of them, if any."""

    data: bytes
    event: events.Event | None = None


def whole(event: events.Event) -> bytes:
    return events.to_line(events.Record(1.0, 7, "u", event)).encode()


def torn(event: events.Event, share: float) -> Part:
    """What a killed writer left, ended by the next one."""
    line = whole(event)
    return Part(line[: int(share * (len(line) - 1))])


def of_tomorrow(kind: str, more: dict[str, int]) -> Part:
    """An event of a newer version."""
    kind = f"new_{kind}"
    more = {f"x{key}": value for key, value in more.items()}
    line = json.dumps({"t": 1, "seq": 7, "kind": kind, "unit": "u", **more})
    return Part(line.encode(), events.Unknown(kind, more))


def with_more(event: events.Event, key: str) -> Part:
    """An event with a field that this version does not know."""
    data = {**json.loads(whole(event)), f"x{key}": [1, {}]}
    return Part(jsontext.line(data).encode(), event)


KNOWN = st.sampled_from(EVENTS)
PARTS = st.one_of(
    KNOWN.map(lambda event: Part(whole(event), event)),
    st.builds(torn, KNOWN, st.floats(0, 1)),
    st.builds(of_tomorrow, st.text(max_size=5), st.dictionaries(st.text(), st.integers(-9, 9))),
    st.builds(with_more, KNOWN, st.text(max_size=5)),
    st.binary().map(lambda data: Part(data.replace(b"\n", b""))),
)


@settings(deadline=None)
@given(st.lists(PARTS | PARTS.map(lambda part: (part, part)), max_size=12), st.booleans())
def test_every_whole_event_is_read_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Part | tuple[Part, Part]], ended: bool
) -> None:
    parts = [part for each in drawn for part in (each if isinstance(each, tuple) else (each,))]
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    data = b"".join(part.data + b"\n" for part in parts)
    path.write_bytes(data if ended else data[:-1])
    read = list(log.read(path))
    given = parts if ended else parts[:-1]  # a line without an end is not finished
    assert [record.event for record in read] == [part.event for part in given if part.event]
    results.project("r", read)
    assert all(lines.line(record).isprintable() for record in read)
