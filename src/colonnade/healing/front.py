"""The epidermal front: from every point of a viable rim it moves at one speed, so arrival is distance over speed.

Plain functions on arrays, micrometres and hours. The front is the sharp limit of Fisher's equation
u_t = D ∇²u + r u (1 − u), whose speed is c = 2√(rD); `fisher_kpp` solves that equation itself, for verification and
to show where the two part (a hole narrower than the front's width √(D/r) closes by diffusion, sooner than R/c).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: Points on the rim of a disc. The distance to the nearest of them exceeds that to the circle by at most
#: R (1 − cos(π/n)), 0.013 % of the radius.
RIM_POINTS = 192
#: Rings and angles at which a disc is sampled.
RINGS, ANGLES = 16, 24


def rim(centres_um: Array, radius_um: float) -> Array:
    """Points of the edge of a union of discs: shape (m, 2); (0, 2) if the discs leave no edge.

    Parameters
    ----------
    centres_um : array, shape (n, 2)
    radius_um : float
    """
    from scipy.spatial import cKDTree

    angle = 2 * np.pi * np.arange(RIM_POINTS) / RIM_POINTS
    circle = radius_um * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    points = (centres_um[:, None, :] + circle[None, :, :]).reshape(-1, 2)
    nearest, _ = cKDTree(centres_um).query(points)
    on_edge: Array = points[nearest >= radius_um * (1 - 1e-9)]
    return on_edge


def apart(centres_um: Array, radius_um: float) -> bool:
    """Whether no two of the discs overlap; then each closes as one alone."""
    from scipy.spatial import cKDTree

    if len(centres_um) < 2:
        return True
    nearest, _ = cKDTree(centres_um).query(centres_um, k=2)
    return bool(nearest[:, 1].min() >= 2 * radius_um)


def disc_samples(centres_um: Array, radius_um: float, chosen: NDArray[np.bool_]) -> tuple[Array, Array]:
    """Points inside the ``chosen`` discs (k, 2) and the area each stands for (k,) [µm²]; overlaps count once.

    The first point of each disc is its centre, with no area: it is the last to close.
    """
    from scipy.spatial import cKDTree

    ring = (np.arange(RINGS) + 0.5) / RINGS
    angle = 2 * np.pi * (np.arange(ANGLES) + 0.5) / ANGLES
    x = radius_um * ring[:, None] * np.cos(angle)
    y = radius_um * ring[:, None] * np.sin(angle)
    weight = np.repeat(2 * ring / RINGS / ANGLES, ANGLES) * math.pi * radius_um**2 / np.sum(2 * ring / RINGS)
    local = np.concatenate([[[0.0, 0.0]], np.stack([x.ravel(), y.ravel()], axis=1)])
    weight = np.concatenate([[0.0], weight])
    own = np.flatnonzero(chosen)
    points = (centres_um[own][:, None, :] + local[None, :, :]).reshape(-1, 2)
    owner = np.repeat(own, len(local))
    _, nearest = cKDTree(centres_um).query(points)
    mine = nearest == owner
    return points[mine], np.tile(weight, len(own))[mine]


def distances(points_um: Array, sources_um: Array, *, halves_um: tuple[float, float] | None = None) -> Array:
    """Distance of each point (k, 2) to the nearest viable tissue (k,) [µm].

    Parameters
    ----------
    sources_um : array, shape (m, 2)
        Points of viable rims; may be empty if ``halves_um`` is given.
    halves_um : (float, float), optional
        Half width and half height of a rectangular wound about the origin, whose edge is viable too.
    """
    from scipy.spatial import cKDTree

    found = np.full(len(points_um), np.inf)
    if len(sources_um):
        found, _ = cKDTree(sources_um).query(points_um)
    if halves_um is not None:
        edge = np.min(np.asarray(halves_um) - np.abs(points_um), axis=1)
        found = np.minimum(found, edge)
    return np.asarray(found, dtype=float)


def open_share(distance_um: Array, area_um2: Array, reach_um: Array) -> Array:
    """Share of the wound that a front with these reaches (t,) has not passed: shape (t,), 1 at reach 0."""
    order = np.argsort(distance_um)
    passed = np.concatenate([[0.0], np.cumsum(area_um2[order])])
    place = np.searchsorted(distance_um[order], reach_um, side="right")
    left: Array = np.clip(1 - passed[place] / passed[-1], 0.0, 1.0)
    return left


def reach_for(distance_um: Array, area_um2: Array, share: float) -> float:
    """How far the front must go until ``share`` (0 to 1) of the wound is closed [µm]; 1: the last point."""
    if share >= 1:
        return float(distance_um.max())
    order = np.argsort(distance_um)
    passed = np.cumsum(area_um2[order])
    return float(distance_um[order][np.searchsorted(passed, share * passed[-1])])


def scattered(per_mm2: float, width_um: float, height_um: float, *, seed: int = 0) -> Array:
    """Follicle openings at random in a rectangle about the origin: (n, 2) [µm], n = density times area, rounded.

    With the same seed and rectangle a higher density keeps the places of the lower one and adds to them.
    """
    count = round(per_mm2 * 1e-6 * width_um * height_um)
    unit = np.random.default_rng(seed).uniform(-0.5, 0.5, size=(count, 2))
    places: Array = unit * np.array([width_um, height_um])
    return places


def open_share_scattered(per_mm2: float, width_um: float, height_um: float, reach_um: Array) -> Array:
    """What `open_share` gives on average over random places: exp(−πρd²) times the share of the rectangle farther
    than d from its edge. Exact: where the edge has not reached, the whole disc of radius d lies inside.
    """
    inner = np.clip(1 - 2 * reach_um / width_um, 0, None) * np.clip(1 - 2 * reach_um / height_um, 0, None)
    share: Array = np.exp(-math.pi * per_mm2 * 1e-6 * reach_um**2) * inner
    return share


def fisher_kpp(
    diffusion_um2_h: float,
    growth_per_h: float,
    *,
    end_um: float,
    hole_um: float,
    until_h: float,
    radial: bool,
    step_um: float,
    times: int = 400,
) -> tuple[Array, Array, Array]:
    """Fisher's equation on 0…``end_um`` with a hole (u = 0 for x < ``hole_um``) that fills from outside.

    Finite volumes, second order, method of lines; no flux at both ends. ``radial``: x is the radius of a disc,
    else a plane front that runs towards smaller x.

    Returns
    -------
    (x (n,) [µm], t (times,) [h], u (times, n))
    """
    from scipy.integrate import solve_ivp
    from scipy.sparse import diags

    n = round(end_um / step_um)
    faces = np.arange(n + 1) * step_um
    x = (faces[1:] + faces[:-1]) / 2
    area = faces if radial else np.ones(n + 1)
    volume = (faces[1:] ** 2 - faces[:-1] ** 2) / 2 if radial else np.full(n, step_um)
    flow = diffusion_um2_h * area[1:-1] / step_um
    left, right = np.concatenate([[0.0], flow]), np.concatenate([flow, [0.0]])
    spread = diags([flow / volume[1:], -(left + right) / volume, flow / volume[:-1]], [-1, 0, 1], format="csc")

    def rate(_: float, u: Array) -> Array:
        out: Array = spread @ u + growth_per_h * u * (1 - u)
        return out

    def jacobian(_: float, u: Array) -> object:
        return spread + diags([growth_per_h * (1 - 2 * u)], [0], format="csc")

    start = np.clip((faces[1:] - hole_um) / step_um, 0, 1)
    t = np.linspace(0, until_h, times)
    solved = solve_ivp(rate, (0, until_h), start, method="BDF", t_eval=t, jac=jacobian, rtol=1e-6, atol=1e-9)
    return x, t, solved.y.T
