"""Confidence bounds for the mean of a bounded variable, from few observations of any distribution.

Take n observations in [a, b] as a Bayesian bootstrap does, with weights drawn from Dirichlet
(1, ..., 1), and add one more observation that is as bad as it can be: b for an upper bound. The
(1 - tail) quantile of the weighted mean is the bound. For observations that are 0 or 1 it is
Clopper and Pearson's exact bound. For any other distribution no case is known in which its error
exceeds `tail`; interval_coverage.py looks for one.

Sources:
    N. Gaffke, "Three test statistics for a nonparametric one-sided hypothesis on the mean of a
    nonnegative variable", Mathematical Methods of Statistics 14 (2005) 451-467.
    E. Learned-Miller and P. S. Thomas, "A new confidence interval for the mean of a bounded random
    variable", arXiv:1905.06208 (2019): the bound in this form, and what is proven about it.

The weighted mean exceeds t where sum w_i (v_i - t) > 0, w_i independent Gamma variables. The
probability of that is an integral of the moment generating function along a vertical line in the
complex plane, which the trapezoidal rule gives to five digits or more with 41 nodes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, ndtri

FloatArray = NDArray[np.float64]

# The path is s(x) = at + scale (bend (cosh x - 1) + i sinh x). A straight line would oscillate
# where a few values lie far from many: it bends to the side where M(s) falls, seen _FAR scales out.
_MOST_BEND = 0.4
_FAR = 30.0
_SMALL_DRIFT = 0.1
_STEP = 0.2
_NODES = np.arange(0.0, 8.01, _STEP)
_NEGLIGIBLE = 20.0  # exp(-20) = 2e-9
_LOGIT = 30.0  # the path crosses the real axis between exp(-30) and 1 - exp(-30) of its range
_HALVINGS = 16  # any crossing gives the same integral; a thousandth in the logit is near enough
_MOST_STEPS = 60
_NEAR = 1e-5  # in standard deviations; 6e-7 of the probability at .025
_CHUNK = 2**21  # complex numbers held at once (32 MiB)


def mean_exceeds(values: FloatArray, weights: FloatArray, threshold: FloatArray) -> FloatArray:
    """Return the probability that a Dirichlet-weighted mean of the values exceeds a threshold.

    Args:
        values: samples x values.
        weights: Dirichlet parameters, of the shape of `values`; 0 leaves a value out.
        threshold: samples.

    Returns:
        Probabilities: samples.
    """
    offsets = np.where(weights > 0, values - threshold[:, None], 0.0)
    largest = offsets.max(axis=1)
    probability = np.where((offsets.min(axis=1) >= 0) & (largest > 0), 1.0, 0.0)
    open_ = np.flatnonzero((offsets.min(axis=1) < 0) & (largest > 0))
    rows = max(1, _CHUNK // (len(_NODES) * values.shape[1]))
    for start in range(0, len(open_), rows):
        part = open_[start : start + rows]
        # The smaller tail is computed; the other one is what remains.
        above = (offsets[part] * weights[part]).sum(axis=1) > 0
        sided = np.where(above[:, None], -offsets[part], offsets[part])
        tail = _positive(sided / sided.max(axis=1, keepdims=True), weights[part])
        probability[part] = np.where(above, 1 - tail, tail)
    return probability


def _positive(scaled: FloatArray, weights: FloatArray) -> FloatArray:
    """Return P(sum w_i c_i > 0) for Gamma variables w_i; the largest c_i of each row is 1."""
    low, high = np.full(len(scaled), -_LOGIT), np.full(len(scaled), _LOGIT)
    moment = weights * scaled
    for _ in range(_HALVINGS):  # minimum of log M(s) - log s, which is convex
        middle = (low + high) / 2
        at = 1 / (1 + np.exp(-middle))
        slope = (moment / (1 - scaled * at[:, None])).sum(axis=1) - 1 / at
        low, high = np.where(slope < 0, middle, low), np.where(slope < 0, high, middle)
    at = 1 / (1 + np.exp(-(low + high) / 2))
    ratio = scaled / (1 - scaled * at[:, None])
    scale = 1 / np.sqrt((weights * ratio**2).sum(axis=1) + 1 / at**2)
    height = -(weights * np.log1p(-scaled * at[:, None])).sum(axis=1)
    far = ratio * (_FAR * scale)[:, None]
    drift = scale * (weights * ratio / (1 + far**2)).sum(axis=1)
    bend = (-_MOST_BEND * drift / (np.abs(drift) + _SMALL_DRIFT))[:, None]
    step = scale[:, None] * (bend * (np.cosh(_NODES) - 1) + 1j * np.sinh(_NODES))
    logs = np.log(1 - step[:, None, :] * ratio[:, :, None])
    exponent = height[:, None] - np.einsum("rk,rkn->rn", weights, logs)
    # Far out, where the integrand has long decayed, it may grow again: the path ends there.
    gone = np.logical_or.accumulate(exponent.real < height[:, None] - _NEGLIGIBLE, axis=1)
    gone |= (
        height[:, None] < -_NEGLIGIBLE
    )  # by Chernoff's bound the probability is below exp(height)
    exponent[gone] = -np.inf
    slope = np.cosh(_NODES) - 1j * bend * np.sinh(_NODES)  # ds/dx divided by i scale
    integrand = (np.exp(exponent) / (at[:, None] + step) * slope).real
    integrand[:, 0] /= 2
    probability: FloatArray = np.clip(integrand.sum(axis=1) * scale * _STEP / np.pi, 0.0, 1.0)
    return probability


def upper_bound(values: FloatArray, weights: FloatArray, ceiling: float, tail: float) -> FloatArray:
    """Return upper confidence bounds of the mean for many samples.

    Args:
        values: samples x values, none above `ceiling`.
        weights: of the same shape; how many observations have each value, 0 or more. They need not
            be whole numbers.
        ceiling: the largest possible value.
        tail: error of the bound, in (0, 0.5].

    Returns:
        Bounds: samples.
    """
    total = weights.sum(axis=1)
    extended = np.concatenate([values, np.full((len(values), 1), ceiling)], axis=1)
    counts = np.concatenate([weights, np.ones((len(values), 1))], axis=1)
    present = np.where(weights > 0, values, np.inf).min(axis=1)
    at_ceiling = np.where(values >= ceiling, weights, 0.0).sum(axis=1)
    # Two values only: the bound is Clopper and Pearson's on the scale between them.
    two = np.where((weights > 0) & (values < ceiling), values, present[:, None]).max(axis=1)
    two = two <= present
    rest = np.maximum(total - at_ceiling, 1e-300)
    exact = present + (ceiling - present) * betaincinv(at_ceiling + 1, rest, 1 - tail)
    bound = np.where(present >= ceiling, ceiling, exact)
    hard = np.flatnonzero(~two)
    if len(hard):
        bound[hard] = _root(extended[hard], counts[hard], ceiling, tail)
    return bound


def _root(values: FloatArray, weights: FloatArray, ceiling: float, tail: float) -> FloatArray:
    """Return the thresholds that the weighted means exceed with probability `tail`.

    On the scale of the normal quantile the probability is close to a straight line.
    """
    aim = -float(ndtri(tail))

    def excess(threshold: FloatArray) -> FloatArray:
        probability = np.clip(mean_exceeds(values, weights, threshold), 1e-12, 1 - 1e-12)
        return np.asarray(-ndtri(probability) - aim, dtype=np.float64)

    # The secant does the work; where it leaves the bracket, bisection does.
    low, high = values.min(axis=1), np.full(len(values), ceiling)
    total = weights.sum(axis=1)
    centre = (weights * values).sum(axis=1) / total
    variance = (weights * (values - centre[:, None]) ** 2).sum(axis=1) / total / (total + 1)
    before, now = centre, np.minimum(centre + aim * np.sqrt(variance), (centre + ceiling) / 2)
    at_before = excess(before)
    done = np.zeros(len(values), bool)
    for _ in range(_MOST_STEPS):
        value = excess(now)
        done |= np.abs(value) < _NEAR
        if done.all():
            break
        low, high = np.where(value < 0, now, low), np.where(value < 0, high, now)
        slope = np.divide(
            value - at_before, now - before, out=np.ones_like(now), where=now != before
        )
        new = now - np.divide(value, slope, out=np.full_like(now, np.inf), where=slope > 0)
        new = np.where((new > low) & (new < high), new, (low + high) / 2)
        before, at_before, now = now, value, np.where(done, now, new)
    roots: FloatArray = now
    return roots
