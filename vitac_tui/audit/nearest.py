"""The best match of each held-out image, among training images of its class and of the others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vitac_tui.audit.crops import Floats

Labels = npt.NDArray[np.int64]


class Nearest:
    """Best products of queries with keys that come block by block, so that keys may be any number.

    Attributes:
        labels: of the queries.
        same: best product with a key of the query's label, -inf before there was one.
        other: best product with a key of any other label, likewise.
        row: number of the key behind `same`, -1 before there was one.
    """

    def __init__(self, queries: Floats, labels: Labels) -> None:
        self._queries = queries
        self.labels = labels
        self.same = np.full(len(queries), -np.inf, np.float32)
        self.other = np.full(len(queries), -np.inf, np.float32)
        self.row = np.full(len(queries), -1, np.int64)

    def add(self, keys: Floats, labels: Labels, rows: Labels) -> None:
        """Compare with a block of keys. Of equal ones, the first stays."""
        product = self._queries @ keys.T
        mine = self.labels[:, None] == labels
        same = np.where(mine, product, -np.inf)
        best = same.argmax(1)
        value = same[np.arange(len(same)), best]
        better = value > self.same
        self.same[better] = value[better]
        self.row[better] = rows[best[better]]
        np.maximum(self.other, np.where(mine, -np.inf, product).max(1), out=self.other)

    def top1(self) -> float:
        """Share of queries whose best match is of their own class: a 1-nearest neighbour's top-1.

        Equally good matches in several classes count as wrong.
        """
        return float((self.same > self.other).mean())


def as_queries(features: Floats) -> Floats:
    """With `as_keys`, makes products rank as Euclidean distances: |q - k|^2 = |q|^2 - 2 (...)."""
    return np.hstack([features, np.ones((len(features), 1), np.float32)])


def as_keys(features: Floats) -> Floats:
    """See `as_queries`."""
    return np.hstack([features, -0.5 * (features**2).sum(1, keepdims=True)])
