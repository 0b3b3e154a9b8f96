"""A curve of any number of points, kept in bounded memory: the costs of all mini-batches of a run.

A long training has millions of mini-batches and a screen two thousand columns. A `Trace` keeps at
most `capacity` buckets; when they are full, neighbours merge, and from then on each bucket stands
for twice as many points. Mean, smallest and largest value survive, so nothing that a plot can show
is lost.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]


class Trace:
    """The points (x, y) of a curve whose x only grows.

    Parameters
    ----------
    capacity : int
        The most buckets that are kept; even.

    Attributes
    ----------
    points : int
        How many points have been added.
    stride : int
        How many of them each bucket stands for.
    """

    def __init__(self, capacity: int = 1024) -> None:
        if capacity < 2 or capacity % 2:
            raise ValueError("buckets merge in pairs: the capacity is an even number")
        self.points = 0
        self.stride = 1
        self._count = 0
        # Rows: the last x, the mean, the smallest and the largest y of each bucket.
        self._buckets = np.empty((4, capacity))
        # Points too few to fill a bucket; rows x and y.
        self._rest = np.empty((2, 0))

    def __len__(self) -> int:
        """Return the number of full buckets."""
        return self._count

    def add(self, x: ArrayLike, y: ArrayLike) -> None:
        """Append points.

        Parameters
        ----------
        x, y : (k,)
            Points that are not finite are left out.
        """
        new = np.array([x, y], dtype=float)
        new = new[:, np.isfinite(new).all(axis=0)]
        self.points += new.shape[1]
        rest = np.concatenate([self._rest, new], axis=1)
        capacity = self._buckets.shape[1]
        while rest.shape[1] >= self.stride:
            if self._count == capacity:
                self._merge()
                continue
            fits = min(rest.shape[1] // self.stride, capacity - self._count)
            taken, rest = np.split(rest, [fits * self.stride], axis=1)
            x_of, y_of = taken.reshape(2, fits, self.stride)
            here = slice(self._count, self._count + fits)
            self._buckets[:, here] = (
                x_of[:, -1],
                y_of.mean(axis=1),
                y_of.min(axis=1),
                y_of.max(axis=1),
            )
            self._count += fits
        self._rest = rest

    def _merge(self) -> None:
        x, mean, low, high = self._buckets
        half = self._count // 2
        self._buckets[:, :half] = (
            x[1::2],
            (mean[::2] + mean[1::2]) / 2,
            np.minimum(low[::2], low[1::2]),
            np.maximum(high[::2], high[1::2]),
        )
        self._count = half
        self.stride *= 2

    def mean(self) -> tuple[Points, Points]:
        """Return x and the mean y of each bucket, both (buckets,)."""
        return self._buckets[0, : self._count].copy(), self._buckets[1, : self._count].copy()

    def envelope(self) -> tuple[Points, Points]:
        """Return a zigzag through the extremes of each bucket, both (2 · buckets,).

        Drawn as a line it covers what a line through all the points would cover. As long as a
        bucket is a single point it is that line.
        """
        x, _, low, high = self._buckets[:, : self._count]
        if self.stride == 1:
            return x.copy(), low.copy()
        return np.repeat(x, 2), np.stack([low, high], axis=1).ravel()

    def smoothed(self, window: float) -> tuple[Points, Points]:
        """Return x and the mean of the last `window` points before each x, both (buckets,).

        Where fewer points lie before, the mean of those.
        """
        x, mean = self.mean()
        width = max(1, round(window / self.stride))
        if width == 1 or not self._count:
            return x, mean
        sums = np.concatenate([[0.0], np.cumsum(mean)])
        here = np.arange(1, self._count + 1)
        before = np.maximum(here - width, 0)
        return x, (sums[here] - sums[before]) / (here - before)


def mean_along(
    place: ArrayLike, y: ArrayLike, weights: ArrayLike, at: ArrayLike, width: float
) -> Points:
    """Return the weighted mean of the points of a curve around given places.

    Parameters
    ----------
    place, y, weights : (k,)
        The points in order of their place, at least one, and what each stands for.
    at : (n,)
        Where means are wanted, in ascending order.
    width : float
        Of the stretch around each place that is averaged. Where it holds no point, the curve is
        interpolated.

    Returns
    -------
    (n,) float64
    """
    x, w, here = np.asarray(place, float), np.asarray(weights, float), np.asarray(at, float)
    sums = np.concatenate([[0.0], np.cumsum(w * np.asarray(y, float))])
    counts = np.concatenate([[0.0], np.cumsum(w)])
    first = np.searchsorted(x, here - width / 2)
    last = np.searchsorted(x, here + width / 2, side="right")
    between = np.interp(here, x, np.asarray(y, float))
    count = counts[last] - counts[first]
    mean = (sums[last] - sums[first]) / np.where(count > 0, count, 1.0)
    averaged: Points = np.where(count > 0, mean, between)
    return averaged
