"""Question (a): plain axisymmetric conduction against Devito, py-pde, scikit-fem, NGSolve and FiPy, at equal error.

``python benchmarks/peers.py [--write]``. Makes a throw-away virtual environment for the peers (about 1 GB; they are no
dependency of Colonnade), removes it at the end, and prints tables; ``--write`` also puts them into README.md here and
draws peers.svg. ``--environment DIR`` keeps the environment there and uses it again.

The problem, what each package may choose and what is timed stand in `peer_solvers.py`. First every package runs with
many settings (its work-precision curve). Then, for each level of error, the quickest setting of each package (over its
elements, orders, precisions) that was seen to reach it is run in pairs, Colonnade and peer in turn, and the ratio of
CPU seconds is the median of the pairs: a machine that is busy slows both (one pair of py-pde: it compiles for 20 s in
every call). Nothing is extrapolated: a level that a package did not reach is left out.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import venv
from dataclasses import dataclass
from pathlib import Path

from common import README, machine, put, quoted, wanted

HERE = Path(__file__).parent
#: What each peer installs beside itself.
PACKAGES = {"devito": (), "py-pde": (), "scikit-fem": (), "ngsolve": (), "fipy": ("scipy", "setuptools")}
LEVELS = (3e-3, 1e-3)
PAIRS = 3
#: What is printed, and its kind.
NAMES = {
    "colonnade": ("Colonnade, conduction kernel", "ours"),
    "colonnade_whole": ("Colonnade, with damage, boiling, k(T)", "ours"),
    "devito_float32": ("Devito, explicit, float32", "finite difference"),
    "devito_float64": ("Devito, explicit, float64", "finite difference"),
    "py_pde": ("py-pde, explicit", "finite difference"),
    "scikit_fem_q1": ("scikit-fem, bilinear", "finite element"),
    "scikit_fem_q2": ("scikit-fem, biquadratic", "finite element"),
    "ngsolve_1": ("NGSolve, order 1", "finite element"),
    "ngsolve_2": ("NGSolve, order 2", "finite element"),
    "ngsolve_4": ("NGSolve, order 4", "finite element"),
    "fipy_crank_nicolson": ("FiPy, Crank-Nicolson", "finite volume"),
    "fipy_euler": ("FiPy, implicit Euler", "finite volume"),
}


def _family(cells: tuple[float, ...], steps: tuple[int, ...], *grids: str) -> list[tuple[float, int, str]]:
    return [(cell, n, grid) for cell in cells for n in steps for grid in grids]


SETTINGS = {
    "colonnade": _family((4, 2, 1.5, 1), (5, 10, 20, 40), "stretched") + _family((2,), (20,), "uniform"),
    "colonnade_whole": _family((4, 2, 1.5, 1), (10, 20, 40), "stretched"),
    "devito_float32": _family((4, 2, 1), (0,), "uniform"),
    "devito_float64": _family((4, 2, 1), (0,), "uniform"),
    "py_pde": _family((4, 2, 1), (0,), "uniform"),
    "scikit_fem_q1": _family((4, 2, 1.5), (10, 20), "stretched"),
    "scikit_fem_q2": _family((16, 8, 4), (10, 20), "stretched"),
    "ngsolve_1": _family((4, 2), (10, 20), "stretched"),
    "ngsolve_2": _family((16, 8), (10, 20), "stretched"),
    "ngsolve_4": _family((64, 32, 16), (10, 20, 40), "stretched"),
    "fipy_crank_nicolson": [(4, 10, "stretched"), (2, 10, "stretched"), (2, 20, "stretched"), (1, 20, "stretched")],
    "fipy_euler": _family((4,), (10, 80), "stretched"),
}
#: What is one package, or one question, in the table: its quickest variant is paired.
FAMILIES = (
    ("colonnade_whole",),
    ("devito_float32", "devito_float64"),
    ("py_pde",),
    ("scikit_fem_q1", "scikit_fem_q2"),
    ("ngsolve_1", "ngsolve_2", "ngsolve_4"),
    ("fipy_crank_nicolson", "fipy_euler"),
)


@dataclass(frozen=True)
class Point:
    """One setting of one package and what it gave."""

    name: str
    setting: tuple[float, int, str]
    error: float
    total_s: float
    setup_s: float
    compile_s: float
    steps: int
    unknowns: int

    def said(self) -> str:
        """The setting in words."""
        return f"{self.setting[0]:g} µm {self.setting[2]}, {self.steps} steps, {self.unknowns} unknowns"


@dataclass(frozen=True)
class Row:
    """A peer beside Colonnade at one level of error."""

    level: float
    ours: Point
    peer: Point
    ratio: float
    least: float
    most: float


class Bench:
    """Both interpreters, and how a setting is run in one of them."""

    def __init__(self, environment: Path, packages: list[str], *, pairs: int) -> None:
        self.theirs, self.packages, self.repeats = environment / "bin" / "python", packages, pairs
        if not self.theirs.exists():
            print(f"installing {', '.join(packages)} …", file=sys.stderr, flush=True)
            venv.create(environment, with_pip=True)
            more = [p for name in packages for p in PACKAGES[name]]
            asked = [self.theirs, "-m", "pip", "install", "-q", *packages, *more]
            subprocess.run(asked, check=True, stdout=sys.stderr)

    def versions(self) -> str:
        """The peers' versions as installed."""
        code = "import importlib.metadata as m, sys; print(', '.join(f'{p} {m.version(p)}' for p in sys.argv[1:]))"
        asked = [self.theirs, "-c", code, *self.packages]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()

    def run(self, name: str, settings: list[tuple[float, int, str]], runs: int) -> list[Point]:
        """One process: for each setting a warm-up, then so many runs.

        py-pde compiles in every call and times that apart, so its first call counts.
        """
        python = sys.executable if NAMES[name][1] == "ours" else self.theirs
        words = [":".join(str(x) for x in setting) for setting in settings]
        asked = [python, HERE / "peer_solvers.py", name, str(0 if name == "py_pde" else runs), *words]
        done = subprocess.run(asked, check=False, capture_output=True, text=True)
        lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
        if done.returncode or len(lines) != len(settings):
            raise SystemExit(f"{name} {settings} failed:\n{done.stderr}")
        return [Point(name, setting, **json.loads(line)) for setting, line in zip(settings, lines, strict=True)]

    def curve(self, name: str) -> list[Point]:
        """All settings of one package."""
        points = self.run(name, SETTINGS[name], 2)
        print(f"  {NAMES[name][0]}: {len(points)} settings", file=sys.stderr, flush=True)
        return points

    def pairs(self, level: float, ours: Point, peer: Point) -> Row:
        """Colonnade and peer in turn, so often; the ratio of their times."""
        ratios, last = [], [ours, peer]
        for _ in range(1 if peer.name == "py_pde" else self.repeats):
            last = [self.run(p.name, [p.setting], 7)[0] for p in (ours, peer)]
            ratios.append(last[1].total_s / last[0].total_s)
        print(f"  {level:g}: {NAMES[peer.name][0]} {statistics.median(ratios):.3g}", file=sys.stderr, flush=True)
        return Row(level, last[0], last[1], statistics.median(ratios), min(ratios), max(ratios))


def _package(name: str) -> str:
    """The peer that a name of `NAMES` belongs to."""
    return next(p for p in PACKAGES if name.startswith(p.replace("-", "_")))


def cheapest(points: list[Point], level: float) -> Point | None:
    """The quickest setting whose error was seen to be at most ``level``."""
    reached = [p for p in points if p.error <= level]
    return min(reached, key=lambda p: p.total_s) if reached else None


def table(rows: list[Row]) -> list[str]:
    """The ratios as a Markdown table."""
    out = [
        "| error at most | package | CPU ms | of it set-up | compiled once, s | error | with | times Colonnade |",
        "|---|---|---|---|---|---|---|---|",
    ]
    seen = set()
    for row in rows:
        if row.level not in seen:
            seen.add(row.level)
            out.append(_line(row.level, row.ours, "1"))
        out.append(_line(row.level, row.peer, f"**{row.ratio:.3g}** ({row.least:.3g} to {row.most:.3g})"))
    return out


def _line(level: float, p: Point, ratio: str) -> str:
    return (
        f"| {level:g} | {NAMES[p.name][0]} | {1e3 * p.total_s:.3g} | {1e3 * p.setup_s:.2g} | {p.compile_s:.2g} "
        f"| {p.error:.1e} | {p.said()} | {ratio} |"
    )


def verdicts(rows: list[Row]) -> list[str]:
    """What the aims say, from the rows."""
    out = []
    for level in dict.fromkeys(r.level for r in rows):
        here = [r for r in rows if r.level == level and NAMES[r.peer.name][1] != "ours"]
        best = min(here, key=lambda r: r.ratio)
        heavy = [r for r in here if NAMES[r.peer.name][1] != "finite difference"]
        line = (
            f"- Error {level:g}: {best.ratio:.3g} times as quick as the best peer ({NAMES[best.peer.name][0]}; aim 4: "
            f"{'reached' if best.ratio >= 4 else 'missed'})"
        )
        if heavy:
            least, missed = min(heavy, key=lambda r: r.ratio), [r for r in heavy if not r.ratio >= 50]
            line += (
                f"; {least.ratio:.3g} times the best finite-element or finite-volume package "
                f"({NAMES[least.peer.name][0]}; aim 50: "
                f"{'reached' if not missed else f'missed by {len(missed)} of {len(heavy)} rows'})"
            )
        out.append(line + ".")
    return out


def verdict(rows: list[Row], head: str) -> str:
    """The one sentence that may be quoted: the least favourable level, best and worst peer, where it was measured."""
    peers = [r for r in rows if NAMES[r.peer.name][1] != "ours"]
    best, worst = min(peers, key=lambda r: r.ratio), max(peers, key=lambda r: r.ratio)
    return (
        f"Plain axisymmetric conduction at equal error took {best.ratio:.2g} ({NAMES[best.peer.name][0]}, error "
        f"{best.level:g}) to {worst.ratio:.2g} times ({NAMES[worst.peer.name][0]}, error {worst.level:g}) the CPU time "
        f"of Colonnade, in pairs on one core. {head} `python benchmarks/peers.py`"
    )


def draw(curves: dict[str, list[Point]], path: Path) -> None:
    """Work-precision curves: for each package its best time for each error."""
    from matplotlib.figure import Figure

    from colonnade.reporting import palette
    from colonnade.reporting.canvas import style

    with style():
        figure = Figure(figsize=(6.7, 4.2))
        ax = figure.add_axes((0.1, 0.12, 0.52, 0.84))
        tones = {
            "ours": palette.BLUE,
            "finite difference": palette.VERMILION,
            "finite element": palette.GREEN,
            "finite volume": palette.MUTED,
        }
        marks = iter("ooss^DDv<>PX")
        dashes = iter(("-", "--", "-", "--", ":", "-", "--", "-.", ":", (0, (1, 1)), "-", ":"))
        for name, points in curves.items():
            front = sorted(
                (p for p in points if not any(q.error <= p.error and q.total_s < p.total_s for q in points)),
                key=lambda p: p.error,
            )
            ax.loglog(
                [p.error for p in front], [p.total_s for p in front], color=tones[NAMES[name][1]], lw=1.2, ms=4.5,
                marker=next(marks), ls=next(dashes), label=NAMES[name][0], mfc="white" if "64" in name else None,
            )  # fmt: skip
        ax.set(xlabel="largest error over the peak", ylabel="CPU s, compilation apart")
        ax.invert_xaxis()
        figure.legend(loc="center left", bbox_to_anchor=(0.63, 0.55), frameon=False, fontsize=7.5)
        figure.savefig(path, metadata={"Date": None})


def main() -> None:
    """Curves, pairs, tables."""
    asked = wanted(
        __doc__, "python benchmarks/peers.py --environment /tmp/peers --write",
        environment={"type": Path, "help": "keep the peers' environment there and use it again"},
        only={"nargs": "+", "default": list(PACKAGES), "choices": list(PACKAGES), "help": "these; all without it"},
    )  # fmt: skip
    if asked.write and set(asked.only) != set(PACKAGES):
        raise SystemExit("--write with --only: the page shows all peers")
    names = [n for n, (_, kind) in NAMES.items() if kind == "ours" or _package(n) in asked.only]
    families = [f for f in FAMILIES if f[0] in names]
    levels = LEVELS[:1] if asked.quick else LEVELS
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(asked.environment or Path(folder), asked.only, pairs=1 if asked.quick else PAIRS)
        head = f"{machine()}. {bench.versions()}."
        print(head, flush=True)
        curves = {name: bench.curve(name) for name in names}
        rows = []
        for level in levels:
            ours = cheapest(curves["colonnade"], level)
            if ours is None:
                raise SystemExit(f"Colonnade did not reach {level:g}: widen SETTINGS")
            for family in families:
                best = cheapest([p for name in family for p in curves[name]], level)
                rows += [bench.pairs(level, ours, best)] if best is not None else []
    sentence = verdict(rows, head)
    text = [head, "", *table(rows), "", *verdicts(rows)]
    print("\n".join(text))
    quoted("peers-sentence", sentence, asked.write)
    if asked.write:
        put(README, "peers", [*text, "", "![Work and precision of each package](peers.svg)"])
        draw(curves, HERE / "peers.svg")


if __name__ == "__main__":
    main()
