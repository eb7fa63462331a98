"""The best match of each query image among keys of its own class and of other classes."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vitac_tui.audit.downsampled import Floats

Labels = npt.NDArray[np.int64]


class NearestMatches:
    """Largest products of queries with keys. Keys arrive in blocks, so their number is unlimited.

    Attributes:
        labels: labels of the queries.
        same: largest product with a key of the query's label; -inf before the first.
        other: largest product with a key of any other label; -inf before the first.
        row: row of the key behind `same`; -1 before the first.
    """

    def __init__(self, queries: Floats, labels: Labels) -> None:
        self._queries = queries
        self.labels = labels
        self.same = np.full(len(queries), -np.inf, np.float32)
        self.other = np.full(len(queries), -np.inf, np.float32)
        self.row = np.full(len(queries), -1, np.int64)

    def add(self, keys: Floats, labels: Labels, rows: Labels) -> None:
        """Compare with a block of keys. Among equal products, the first key is kept."""
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
        """Return the top-1 of a 1-nearest-neighbour classifier. Ties between classes are errors."""
        return float((self.same > self.other).mean())


def as_queries(features: Floats) -> Floats:
    """Append a 1 to each row, so that products with `as_keys` rank as Euclidean distances do.

    The product is q·k - |k|²/2, which is largest where |q - k|² is smallest.
    """
    return np.hstack([features, np.ones((len(features), 1), np.float32)])


def as_keys(features: Floats) -> Floats:
    """Append -|k|²/2 to each row; see `as_queries`."""
    return np.hstack([features, -0.5 * (features**2).sum(1, keepdims=True)])
