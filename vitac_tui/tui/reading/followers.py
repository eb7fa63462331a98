"""The followers of the runs that are open in the app, one thread each."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from vitac_tui.runs.directory import RunDir
from vitac_tui.tui.reading.follower import Follower


class Followers:
    """Starts followers, and stops those whose screens were closed."""

    def __init__(self, start_thread: Callable[[Callable[[], None]], object]) -> None:
        self._start_thread = start_thread
        self._followers: list[Follower] = []

    def follow(self, run: RunDir) -> Follower:
        """Start following a run."""
        follower = Follower(run)
        self._followers.append(follower)
        self._start_thread(follower.follow)
        return follower

    def keep(self, used: Iterable[Follower]) -> None:
        """Stop all followers that are not in `used`."""
        kept = list(used)
        for follower in self._followers:
            if follower not in kept:
                follower.stop()
        self._followers = [follower for follower in self._followers if follower in kept]
