"""The sum over columns, compiled. Plain functions on arrays; imported only when heat is computed."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Columns are taken in blocks of at most this many that lie together; one too far away for its age is skipped whole.
BLOCK = 64
#: A column farther away than √(20·4α·age) is left out: exp(−20) = 2e-9 of its rise, and as much of its heat.
CUT = 20.0
#: Nodes per octave of the depth table (a power of two) and its exponent: linear in between, relative error 1e-5.
NODE_BITS = 7


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"})
def superpose(
    qx: Array,
    qy: Array,
    qt: Array,
    x: Array,
    y: Array,
    t: Array,
    heat: Array,
    starts: NDArray[np.int64],
    box: Array,
    four_alpha: float,
    table: Array,
    first_node: int,
    out: Array,
) -> None:
    """Add to ``out`` (Q, D) the rise at place and time of each query from all columns fired before it.

    ``qx, qy, qt`` (Q,) [m, s]; ``x, y, t, heat`` (n,) columns in blocks, within each in firing order, heat over
    volumetric heat capacity [K m³]; ``starts`` (blocks + 1,) and ``box`` (blocks, 4) first column and bounds of each
    block [m]; ``table`` (D, nodes) depth factor [1/m] over s = 4α·age,
    whose node k stands at the float64 with bits (first_node + k) << (52 − NODE_BITS).
    """
    shift = 52 - NODE_BITS
    scale = 1.0 / (1 << shift)
    low_bits = (1 << shift) - 1
    depths, nodes = table.shape
    s_of = np.empty(BLOCK)
    bits_of = s_of.view(np.int64)
    gauss = np.empty(BLOCK)
    part_of = np.empty(BLOCK)
    node_of = np.empty(BLOCK, dtype=np.int64)
    for q in range(qx.shape[0]):
        px, py, pt = qx[q], qy[q], qt[q]
        for b in range(box.shape[0]):
            start = starts[b]
            if t[start] >= pt:
                continue
            dx = max(box[b, 0] - px, px - box[b, 2], 0.0)
            dy = max(box[b, 1] - py, py - box[b, 3], 0.0)
            if dx * dx + dy * dy > CUT * four_alpha * (pt - t[start]):
                continue
            stop = starts[b + 1]
            while t[stop - 1] >= pt:
                stop -= 1
            for i in range(start, stop):
                s = four_alpha * (pt - t[i])
                r2 = (x[i] - px) ** 2 + (y[i] - py) ** 2
                inverse = 1.0 / s
                arg = r2 * inverse
                s_of[i - start] = s
                gauss[i - start] = heat[i] * inverse * _exp_minus(arg) if arg < CUT else 0.0
            for i in range(stop - start):
                bits = bits_of[i]
                node = min(max((bits >> shift) - first_node, 0), nodes - 2)
                node_of[i] = node
                part_of[i] = (bits & low_bits) * scale
            for d in range(depths):
                total = 0.0
                for i in range(stop - start):
                    node = node_of[i]
                    total += gauss[i] * (table[d, node] + part_of[i] * (table[d, node + 1] - table[d, node]))
                out[q, d] += total / np.pi


@njit(cache=True, error_model="numpy", fastmath={"contract", "reassoc"}, inline="always")
def _exp_minus(a: float) -> float:
    """exp(−a) for 0 ≤ a < 20: a polynomial on a/64, squared six times; error below 1e-13 of the largest value.

    ``np.exp`` inside Numba calls a scalar routine for every pair.
    """
    u = a * (-1.0 / 64.0)
    p = 1 + u * (1 + u * (1 / 2 + u * (1 / 6 + u * (1 / 24 + u * (1 / 120 + u * (1 / 720 + u / 5040))))))
    p *= p
    p *= p
    p *= p
    p *= p
    p *= p
    p *= p
    return p


def blocks(x: Array, y: Array, t: Array) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Columns (n,) that lie together, in firing order: their order (n,), starts (blocks + 1,) and bounds (blocks, 4).

    Square cells of about `BLOCK` columns; a cell with more gives several blocks, one after the other in time.
    """
    n = len(x)
    spread = max(float(np.ptp(x)), 1e-9) * max(float(np.ptp(y)), 1e-9)
    side = max(np.sqrt(spread * BLOCK / n), max(np.ptp(x), np.ptp(y)) / 1e4, 1e-9)
    column = np.floor((x - x.min()) / side).astype(np.int64)
    row = np.floor((y - y.min()) / side).astype(np.int64)
    cell = row * (int(column.max()) + 1) + column
    order = np.lexsort((t, cell))
    _, first = np.unique(cell[order], return_index=True)
    sizes = np.diff(np.append(first, n))
    starts = np.concatenate([np.arange(f, f + size, BLOCK) for f, size in zip(first, sizes, strict=True)])
    x, y = x[order], y[order]
    bounds = [np.minimum.reduceat(x, starts), np.minimum.reduceat(y, starts)]
    bounds += [np.maximum.reduceat(x, starts), np.maximum.reduceat(y, starts)]
    return order, np.append(starts, n), np.stack(bounds, axis=1)
