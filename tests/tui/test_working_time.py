"""How long a run has worked."""

from __future__ import annotations

from vitac_tui.runs import events
from vitac_tui.tui.reading.working_time import WorkingTime

STARTED = events.RunStarted(1, "run", "x", "abc", "cpu", "fp32", [0])


def worked(*told: tuple[float, events.Event]) -> float:
    time = WorkingTime()
    for number, (at, event) in enumerate(told):
        time.add(events.Record(at, number, "", event))
    return time.seconds


def answered(request: str) -> events.Event:
    return events.RequestAnswered("1", request, "me", "done")


def ended(state: str) -> events.Event:
    return events.RunEnded(state, "", 0, 0.0)


def test_pauses_do_not_count() -> None:
    told = [(0.0, STARTED), (10.0, answered("pause")), (1500.0, answered("unpause"))]
    assert worked(*told, (1510.0, ended("finished"))) == 20.0
    assert worked(*told, (1505.0, events.Note("info", "still at it"))) == 15.0
    assert worked(*told[:2], (900.0, ended("stopped"))) == 10.0  # stopped while it was paused


def test_the_time_between_two_processes_does_not_count() -> None:
    resumed = (5000.0, events.RunResumed(3, "was stopped"))
    assert worked((0.0, STARTED), (10.0, ended("stopped")), resumed, (5020.0, ended("x"))) == 30.0
    killed = (12.0, events.Note("info", "its last word"))
    assert worked((0.0, STARTED), killed, resumed, (5020.0, ended("x"))) == 32.0
