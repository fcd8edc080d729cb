"""One problem, solved by Colonnade and by each peer: `python peer_solvers.py NAME RUNS CELL_UM:STEPS:GRID …`.

Run by `peers.py`, for a peer in the throw-away environment that script makes. The problem is what cooling after a
pulse is: axisymmetric conduction, constant α, in a block of 320 × 1280 µm, insulated, from a hot cylinder (Gaussian,
σ_r = 15 µm, σ_z = 200 µm) on the axis and at the surface, over 10 ms. Exact in the half space: both widths grow as
σ² + 2αt; the far walls see less than 1e-8 of the peak. The error is the largest at 1 ms and at 10 ms anywhere at the
package's own unknowns, over the peak at that moment.

Freedom of all: the cell (dz = 4 dr), and for implicit schemes the number of steps, ``STEPS`` to 1 ms and as many again
to 10 ms; explicit ones take their largest stable step. Packages that allow it may use the ``stretched`` grid (growing
by 1.1 beyond 60 µm from the axis and 400 µm from the surface) instead of the ``uniform`` one.

Times are CPU seconds of the process. Set-up is what a package does once per problem (mesh, assembly), stepping is what
it does until 10 ms (factorisations included); compilation is whatever the first call takes longer than those after it.
Every package runs on one thread, with what its own documentation shows for a linear diffusion problem.
"""

from __future__ import annotations

import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS", "NGS_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402 - threads are set first

RADIUS, DEPTH = 320e-6, 1280e-6
TIMES = (1e-3, 10e-3)
SIGMA_R, SIGMA_Z, PEAK = 15e-6, 200e-6, 50.0
FINE_R, FINE_Z, RATIO, ASPECT = 60e-6, 400e-6, 1.1, 4
K, RHO_C = 0.42, 3.70e6
ALPHA = K / RHO_C


def exact(r, z, t):
    """The solution [K] at radius and depth [m] and time [s]."""
    r2, z2 = SIGMA_R**2 + 2 * ALPHA * t, SIGMA_Z**2 + 2 * ALPHA * t
    return peak(t) * np.exp(-(r**2) / (2 * r2) - z**2 / (2 * z2))


def peak(t: float) -> float:
    """The hottest [K] at a time [s]."""
    return PEAK * SIGMA_R**2 / (SIGMA_R**2 + 2 * ALPHA * t) * math.sqrt(SIGMA_Z**2 / (SIGMA_Z**2 + 2 * ALPHA * t))


def worst(found, r, z) -> float:
    """Largest error over the peak of that moment, of the solutions at both times."""
    return max(float(np.abs(f - exact(r, z, t)).max() / peak(t)) for f, t in zip(found, TIMES, strict=True))


@dataclass(frozen=True)
class Case:
    """What a package may choose."""

    cell: float
    steps: int
    stretched: bool = False

    def edges(self):
        """Cell edges in r and z [m]; the last cell of a stretched grid ends at the wall."""
        return _edges(self.cell, FINE_R, RADIUS, self.stretched), _edges(
            ASPECT * self.cell, FINE_Z, DEPTH, self.stretched
        )

    def centres(self):
        """Cell centres (n_r, 1) and (1, n_z) [m]."""
        r, z = self.edges()
        return (0.5 * (r[1:] + r[:-1]))[:, None], (0.5 * (z[1:] + z[:-1]))[None, :]

    def stages(self):
        """(number of steps, step [s]) of the two stretches of time."""
        return (self.steps, TIMES[0] / self.steps), (self.steps, (TIMES[1] - TIMES[0]) / self.steps)

    def explicit(self) -> tuple[int, int, float]:
        """Steps to either time and the step [s] of explicit Euler at 0.95 of its limit or below."""
        limit = 0.95 / (2 * ALPHA * (self.cell**-2 + (ASPECT * self.cell) ** -2))
        first = math.ceil(TIMES[0] / limit)
        return first, round(first * TIMES[1] / TIMES[0]), TIMES[0] / first


def _edges(cell: float, fine: float, end: float, stretched: bool):
    if not stretched:
        return np.linspace(0.0, end, round(end / cell) + 1)
    edges, step = list(np.linspace(0.0, fine, math.ceil(fine / cell) + 1)), fine / math.ceil(fine / cell)
    while edges[-1] + 1.5 * RATIO * step < end:
        step *= RATIO
        edges.append(edges[-1] + step)
    return np.array([*edges, end])


@dataclass(frozen=True)
class Run:
    """One solution: its cost apart, and its error."""

    setup_s: float
    stepping_s: float
    error: float
    steps: int
    unknowns: int


class Watch:
    """CPU seconds since the last lap."""

    def __init__(self) -> None:
        self.last = time.process_time()

    def lap(self) -> float:
        now = time.process_time()
        taken, self.last = now - self.last, now
        return taken


# --- Colonnade ------------------------------------------------------------------------------------------------------
def colonnade(case: Case) -> Run:
    """The conduction kernel that `simulate` cools with: Peaceman-Rachford on the whole block, no window."""
    from colonnade.photothermal import heat

    watch = Watch()
    r_edges, z_edges = case.edges()
    r, z = case.centres()
    shape, dz = (r.size, z.size), np.diff(z_edges)
    rise = exact(r, z, 0.0)
    mass = RHO_C * np.outer(np.pi * np.diff(r_edges**2), dz)
    g_r, g_z, new, work_c, work_d = (np.zeros(shape) for _ in range(5))
    heat.conductances(*shape, np.full(shape, K), r_edges, dz, g_r, g_z)
    insulated, no_source, found = np.zeros(shape[0]), np.zeros((1, 1)), []
    no_holes = np.zeros(shape[0], dtype=np.int64)
    setup = watch.lap()
    for steps, dt in case.stages():
        for _ in range(steps):
            heat.adi_step(
                dt, *shape, no_holes, rise, new, mass, g_r, g_z, insulated, 0.0, no_source, 0, work_c, work_d
            )  # fmt: skip
        found.append(rise.copy())
    return Run(setup, watch.lap(), worst(found, r, z), 2 * case.steps, rise.size)


def colonnade_whole(case: Case) -> Run:
    """`cool`, as `simulate` calls it: the same step with its three damage integrals, boiling, k(T) and window."""
    from colonnade.photothermal.column import Column
    from colonnade.photothermal.cooling import cool
    from colonnade.photothermal.strategies import NO_LOSSES, Options, Physics

    watch = Watch()
    r, z = case.centres()
    row, found = np.ones(z.size), []
    column = Column(
        *case.edges(), c_dry=RHO_C * row, water=0 * row, k_wet=K * row, k_dry=K * row, mu_dry=0 * row, t_ref_K=307.15,
        options=Options(losses=NO_LOSSES, physics=Physics(k_slope=0.0, c_water=0.0, h_surface=0.0)),
    )  # fmt: skip
    column.preheat(exact(r, z, 0.0))
    setup = watch.lap()
    for steps, dt in case.stages():
        cool(column, until_s=steps * dt, fixed_dt_s=dt)
        found.append(column.temperature - column.t_ref)
    return Run(setup, watch.lap(), worst(found, r, z), 2 * case.steps, r.size * z.size)


# --- finite differences, generated code ---------------------------------------------------------------------------
_made: dict[tuple[float, str], tuple] = {}


def _devito(case: Case, kind: str) -> Run:
    """Explicit Euler on cell centres, the flux form of the axisymmetric operator; row 0 mirrors the surface.

    The operator is generated and compiled once and applied again, as its documentation advises for repeated runs.
    """
    from devito import Constant, Eq, Function, Grid, Operator, TimeFunction, configuration

    watch = Watch()
    configuration["log-level"] = "ERROR"
    r, z = case.centres()
    n_r, n_z, cell, number_type = r.size, z.size, case.cell, np.dtype(kind).type
    if (cell, kind) not in _made:
        grid = Grid(shape=(n_r, n_z + 1), extent=((n_r - 1) * cell, n_z * ASPECT * cell), dtype=number_type)
        x, y = grid.dimensions
        u = TimeFunction(name="u", grid=grid, space_order=2)
        inner, outer = (Function(name=name, grid=grid, dimensions=(x,), shape=(n_r,)) for name in ("gi", "go"))
        across, down = (Constant(name=name, dtype=number_type) for name in ("fr", "fz"))
        east, west = u.subs(x, x + x.spacing), u.subs(x, x - x.spacing)
        below, above = u.subs(y, y + y.spacing), u.subs(y, y - y.spacing)
        gain = across * (outer * (east - u) - inner * (u - west)) + down * (below - 2 * u + above)
        mirror = Eq(u[grid.stepping_dim + 1, x, 0], u[grid.stepping_dim + 1, x, 1])
        _made[cell, kind] = Operator([Eq(u.forward, u + gain), mirror]), u, inner, outer, across, down
    operator, u, inner, outer, across, down = _made[cell, kind]
    radius = r[:, 0]
    inner.data[:], outer.data[:] = (radius - cell / 2) / radius, (radius + cell / 2) / radius
    first, last, dt = case.explicit()
    across.data, down.data = ALPHA * dt / cell**2, ALPHA * dt / (ASPECT * cell) ** 2
    u.data_with_halo[:] = 0.0
    u.data[0, :, 1:] = exact(r, z, 0.0)
    u.data[0, :, 0] = u.data[0, :, 1]
    setup, found = watch.lap(), []
    for begin, end in ((0, first), (first, last)):
        operator.apply(time_m=begin, time_M=end - 1)
        found.append(np.array(u.data[end % 2, :, 1:]))
    return Run(setup, watch.lap(), worst(found, r, z), last, n_r * n_z)


def devito_float32(case: Case) -> Run:
    """Devito with its default precision."""
    return _devito(case, "float32")


def devito_float64(case: Case) -> Run:
    """Devito in double precision."""
    return _devito(case, "float64")


def py_pde(case: Case) -> Run:
    """py-pde: its explicit solver at the largest stable step. It compiles anew in every call and times that apart."""
    import pde

    r, z = case.centres()
    grid = pde.CylindricalSymGrid(RADIUS, (0.0, DEPTH), (r.size, z.size))
    state = pde.ScalarField(grid, exact(r, z, 0.0))
    equation = pde.DiffusionPDE(diffusivity=ALPHA, bc={"derivative": 0})
    _, last, dt = case.explicit()
    kept = pde.MemoryStorage()
    equation.solve(state, t_range=TIMES[1], dt=dt, solver="euler", backend="numba", tracker=kept.tracker([*TIMES]))
    profile = equation.diagnostics["controller"]["profiler"]
    found = [np.asarray(a) for a in kept.data[-2:]]
    return Run(0.0, float(profile["solver"]), worst(found, r, z), last, r.size * z.size)


# --- finite elements --------------------------------------------------------------------------------------------------
def _scikit_fem(case: Case, element) -> Run:
    """Crank-Nicolson with one LU factorisation per length of step, as its heat equation example."""
    import skfem
    from scipy.sparse.linalg import splu
    from skfem.helpers import dot, grad

    watch = Watch()
    basis = skfem.Basis(skfem.MeshQuad.init_tensor(*case.edges()), element)

    @skfem.BilinearForm
    def stiffness(u, v, w):
        return ALPHA * dot(grad(u), grad(v)) * w.x[0]

    @skfem.BilinearForm
    def weight(u, v, w):
        return u * v * w.x[0]

    a, m = stiffness.assemble(basis), weight.assemble(basis)
    r, z = basis.doflocs
    u = exact(r, z, 0.0)
    setup, found = watch.lap(), []
    for steps, dt in case.stages():
        right, backsolve = m - 0.5 * dt * a, splu((m + 0.5 * dt * a).T.tocsc()).solve
        for _ in range(steps):
            u = backsolve(right @ u)
        found.append(u)
    return Run(setup, watch.lap(), worst(found, r, z), 2 * case.steps, u.size)


def scikit_fem_q1(case: Case) -> Run:
    """scikit-fem, bilinear elements."""
    import skfem

    return _scikit_fem(case, skfem.ElementQuad1())


def scikit_fem_q2(case: Case) -> Run:
    """scikit-fem, biquadratic elements."""
    import skfem

    return _scikit_fem(case, skfem.ElementQuad2())


def _ngsolve(case: Case, order: int) -> Run:
    """Crank-Nicolson in the increment form of its parabolic tutorial, sparse Cholesky per length of step."""
    import ngsolve as ngs
    from ngsolve.meshes import MakeStructured2DMesh

    ngs.SetNumThreads(1)
    watch = Watch()
    r_edges, z_edges = case.edges()
    place = lambda x, edges: float(np.interp(x, np.linspace(0, 1, len(edges)), edges))  # noqa: E731
    mesh = MakeStructured2DMesh(
        quads=True,
        nx=len(r_edges) - 1,
        ny=len(z_edges) - 1,
        mapping=lambda x, y: (place(x, r_edges), place(y, z_edges)),
    )
    space = ngs.H1(mesh, order=order)
    u, v = space.TnT()
    a = ngs.BilinearForm(ALPHA * ngs.grad(u) * ngs.grad(v) * ngs.x * ngs.dx, symmetric=True).Assemble()
    m = ngs.BilinearForm(u * v * ngs.x * ngs.dx, symmetric=True).Assemble()
    left, field = m.mat.CreateMatrix(), ngs.GridFunction(space)
    field.Set(PEAK * ngs.exp(-ngs.x * ngs.x / (2 * SIGMA_R**2) - ngs.y * ngs.y / (2 * SIGMA_Z**2)))
    rest, found, taken = field.vec.CreateVector(), [], 0.0
    # looked at where a uniform grid of 4 µm has its centres: the package's unknowns are no values at points
    r, z = (x.ravel() for x in np.broadcast_arrays(*Case(4e-6, 1).centres()))
    points = mesh(r, z)
    setup = watch.lap()
    for steps, dt in case.stages():
        left.AsVector().data = m.mat.AsVector() + 0.5 * dt * a.mat.AsVector()
        inverse = left.Inverse(freedofs=space.FreeDofs(), inverse="sparsecholesky")
        for _ in range(steps):
            rest.data = a.mat * field.vec
            field.vec.data -= dt * inverse * rest
        taken += watch.lap()
        found.append(field(points).ravel())
        watch.lap()
    return Run(setup, taken, worst(found, r, z), 2 * case.steps, space.ndof)


def ngsolve_1(case: Case) -> Run:
    """NGSolve, order 1."""
    return _ngsolve(case, 1)


def ngsolve_2(case: Case) -> Run:
    """NGSolve, order 2."""
    return _ngsolve(case, 2)


def ngsolve_4(case: Case) -> Run:
    """NGSolve, order 4: the high order it is made for, on large elements."""
    return _ngsolve(case, 4)


# --- finite volumes ---------------------------------------------------------------------------------------------------
def _fipy(case: Case, crank_nicolson: bool) -> Run:
    import fipy

    watch = Watch()
    r_edges, z_edges = case.edges()
    if case.stretched:
        mesh = fipy.CylindricalGrid2D(dr=np.diff(r_edges), dz=np.diff(z_edges))
    else:
        mesh = fipy.CylindricalGrid2D(dr=case.cell, dz=ASPECT * case.cell, nr=len(r_edges) - 1, nz=len(z_edges) - 1)
    r, z = np.asarray(mesh.cellCenters.value)
    field = fipy.CellVariable(mesh=mesh, value=exact(r, z, 0.0), hasOld=crank_nicolson)
    implicit, explicit = fipy.DiffusionTerm(coeff=ALPHA), fipy.ExplicitDiffusionTerm(coeff=ALPHA)
    equation = fipy.TransientTerm() == ((implicit + explicit) / 2 if crank_nicolson else implicit)
    solver, found = fipy.LinearPCGSolver(tolerance=1e-7), []
    setup = watch.lap()
    for steps, dt in case.stages():
        for _ in range(steps):
            if crank_nicolson:
                field.updateOld()
            equation.solve(var=field, dt=dt, solver=solver)
        found.append(np.array(field.value))
    return Run(setup, watch.lap(), worst(found, r, z), 2 * case.steps, r.size)


def fipy_crank_nicolson(case: Case) -> Run:
    """FiPy: half implicit, half explicit, as its diffusion examples; conjugate gradients."""
    return _fipy(case, crank_nicolson=True)


def fipy_euler(case: Case) -> Run:
    """FiPy: implicit Euler, the default of its examples; conjugate gradients."""
    return _fipy(case, crank_nicolson=False)


SOLVERS: dict[str, Callable[[Case], Run]] = {
    f.__name__: f
    for f in (
        colonnade, colonnade_whole, devito_float32, devito_float64, py_pde, scikit_fem_q1, scikit_fem_q2, ngsolve_1,
        ngsolve_2, ngsolve_4, fipy_crank_nicolson, fipy_euler,
    )
}  # fmt: skip


def measure(name: str, runs: int, setting: str) -> dict[str, float]:
    """A warm-up, then so many runs, of one setting. With no runs the first call is the one that counts."""
    cell, steps, grid = setting.split(":")
    case = Case(float(cell) * 1e-6, int(steps), grid == "stretched")
    start = time.process_time()
    first = SOLVERS[name](case)
    cold = time.process_time() - start
    done = [SOLVERS[name](case) for _ in range(runs)] or [first]
    total = statistics.median(r.setup_s + r.stepping_s for r in done)
    return {
        "error": done[-1].error,
        "steps": done[-1].steps,
        "unknowns": done[-1].unknowns,
        "setup_s": statistics.median(r.setup_s for r in done),
        "total_s": total,
        "compile_s": max(cold - total, 0.0),
    }


def main() -> None:
    """One JSON object a line for each setting."""
    for setting in sys.argv[3:]:
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), setting)), flush=True)


if __name__ == "__main__":
    main()
