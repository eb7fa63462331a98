"""What networks cost, from the process beside the app; each is asked for once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from typing import Any, ClassVar

from vitac_tui.errors import one_line
from vitac_tui.tui.reading.summary import Network
from vitac_tui.tui.services.preview_client import Say, WhatIf


class Counting:
    """Counts one network at a time, the newest that was asked for."""

    KNOWN: ClassVar[dict[Network, Mapping[str, int]]] = {}  # the same in every form

    def __init__(self, say: Say) -> None:
        """`say` is called in a thread with each reply, which goes to `hear` in the app's own."""
        self._whatif = WhatIf(None, say)
        self._asked: tuple[int, Network] | None = None

    def ask(self, network: Network) -> None:
        """Begin, unless it is known or under way."""
        if network not in self.KNOWN and (self._asked is None or self._asked[1] != network):
            self._asked = self._whatif.ask_model(*astuple(network)), network

    def hear(self, reply: Mapping[str, Any]) -> str | None:
        """Take a reply in: "" once it is counted, else why not; None if nobody waits for it."""
        if self._asked is None or reply.get("id", self._asked[0]) != self._asked[0]:
            return None
        _, network = self._asked
        self._asked = None
        if "figures" in reply:
            self.KNOWN[network] = reply["figures"]
            return ""
        why = reply.get("error", f"the process ended ({reply.get('ended')})")
        return one_line(f"cannot be counted: {why}")

    def close(self) -> None:
        """End the process."""
        self._whatif.close()
