"""How long a run has worked, without its pauses and the time between its processes."""

from __future__ import annotations

from vitac_tui.runs import events


class WorkingTime:
    """Adds up working time from events, which must come in the order of the log."""

    def __init__(self) -> None:
        self._total_s = 0.0
        self._since: float | None = None  # start of the current period of work
        self._last = 0.0  # time of the last event

    @property
    def seconds(self) -> float:
        """Return the seconds worked up to the last event."""
        return self._total_s + (0.0 if self._since is None else max(0.0, self._last - self._since))

    def add(self, record: events.Record) -> None:
        """Process one event."""
        event = record.event
        if isinstance(event, events.RunStarted | events.RunResumed):
            self._end(self._last)
            self._since = record.t
        self._last = record.t
        if isinstance(event, events.RequestAnswered) and event.request == "pause":
            self._end(record.t)
        elif isinstance(event, events.RequestAnswered) and event.request == "unpause":
            self._since = record.t if self._since is None else self._since
        elif isinstance(event, events.RunEnded):
            self._end(record.t)

    def _end(self, at: float) -> None:
        if self._since is not None:
            self._total_s += max(0.0, at - self._since)
            self._since = None
