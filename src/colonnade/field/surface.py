"""Body scans: a triangulated surface, polygons drawn on it, laid flat for the stamps, and how the stamps then lie.

Millimetres, x to the viewer's right, y up, z towards the viewer. A region is laid flat as rigidly as can be (Liu et
al. 2008, "A local/global approach to mesh parameterization", doi:10.1111/j.1467-8659.2008.01290.x); how much areas
change by that is reported.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from colonnade.errors import BadInput
from colonnade.field.area import QUARTER, Area, _number, _parts, need, polygon
from colonnade.field.stamps import Tiling
from colonnade.units import from_si, to_si

Array = NDArray[np.float64]
Index = NDArray[np.int64]
Excluded = tuple[Sequence[Sequence[float]], float]

FORMATS = ("obj", "ply", "stl", "glb")
MOST_FACES = 400_000
MOST_BYTES = 200_000_000
#: Largest extent of a scan of a face or body [mm]. In inches or metres it is 2 to 80 or 0.1 to 2.
EXTENT_MM = (90.0, 2500.0)
ROUNDS = 30
#: Beyond these a stamp is warned of: no source gives a handpiece's tolerance (assumed).
INCIDENCE_DEG = 15.0
DEFOCUS_MM = 2.0


@dataclass(frozen=True)
class FlatRegion:
    """A part of a surface laid flat: the plane's area in `area` [m], the surface's faces and their flat corners."""

    area: Area
    corners_mm: Array
    """On the surface, (faces, 3, 3)."""
    flat_mm: Array
    """In the plane, (faces, 3, 2)."""
    surface_area_mm2: float
    """Of the region on the surface."""
    stretch_pct: float
    """Largest change of area of a face by being laid flat."""

    def on_skin(self, xy_mm: Array) -> tuple[Array, Array]:
        """Places of the plane (n, 2) [mm] on the surface, (n, 3) [mm], and the outward normals there, (n, 3).

        A place beside the region's faces lies in the plane of the nearest one.
        """
        shapely = need("shapely")
        nearest = shapely.STRtree(shapely.polygons(self.flat_mm)).nearest(shapely.points(xy_mm))
        flat, solid = self.flat_mm[nearest], self.corners_mm[nearest]
        a, b = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
        p = xy_mm - flat[:, 0]
        area = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
        s = (p[:, 0] * b[:, 1] - p[:, 1] * b[:, 0]) / area
        t = (a[:, 0] * p[:, 1] - a[:, 1] * p[:, 0]) / area
        u, v = solid[:, 1] - solid[:, 0], solid[:, 2] - solid[:, 0]
        normals = np.cross(u, v)
        normals /= np.linalg.norm(normals, axis=1)[:, None]
        places: Array = solid[:, 0] + s[:, None] * u + t[:, None] * v
        return places, normals


@dataclass(frozen=True)
class OnSurface:
    """The columns of a tiling on the surface, and how each stamp lies. Arrays are read-only."""

    positions_mm: Array
    """(n, 3)"""
    normals: Array
    incidence_deg: Array
    """Largest angle between a stamp's axis and the skin's normal at its columns, (stamps,)."""
    defocus_mm: Array
    """Largest distance of a stamp's columns from its plane, (stamps,)."""
    warnings: tuple[str, ...]


def read_surface(path: str | Path) -> Any:
    """A trimesh from an OBJ, PLY, STL or GLB file in millimetres, checked by `check_surface`.

    Raises BadInput also for files that are none of these, cannot be read, or are too large.
    """
    trimesh = need("trimesh")
    path = Path(path)

    def bad(given: str, allowed: str, todo: str) -> BadInput:
        return BadInput(f"surface {path.name}", given=given, allowed=allowed, todo=todo)

    kind = path.suffix.lower().removeprefix(".")
    if kind not in FORMATS:
        raise bad(f'a file of kind "{kind}"', ", ".join(FORMATS), "Export the scan in one of these.")
    if not path.is_file():
        raise bad("a path that is not a file", "an existing file", "Check the path.")
    if path.stat().st_size > MOST_BYTES:
        raise bad(f"{path.stat().st_size / 1e6:.0f} MB", "at most 200 MB", "Simplify the scan.")
    try:
        # from memory: a file cannot make others be read
        mesh = trimesh.load_mesh(io.BytesIO(path.read_bytes()), file_type=kind)
    except Exception as error:  # whatever a broken file makes of the reader
        raise bad(
            f"a file that cannot be read ({type(error).__name__})", "a triangulated surface", "Export it again."
        ) from None
    if not isinstance(mesh, trimesh.Trimesh) or len(mesh.faces) == 0:
        raise bad("no triangles", "a triangulated surface", "Export the surface, not points.")
    mesh.merge_vertices(merge_tex=True, merge_norm=True)  # STL repeats the corners of every face
    check_surface(mesh, name=path.name)
    return mesh


def check_surface(mesh: Any, *, name: str = "surface") -> None:
    """Raise BadInput unless a mesh is whole, in millimetres, with all normals outwards. Nothing is repaired."""
    trimesh = need("trimesh")

    def bad(given: str, allowed: str, todo: str) -> BadInput:
        return BadInput(f"surface {name}", given=given, allowed=allowed, todo=todo)

    if not len(mesh.faces) <= MOST_FACES:
        raise bad(f"{len(mesh.faces)} faces", f"at most {MOST_FACES}", "Simplify the scan.")
    if not bool(np.isfinite(mesh.vertices).all()):
        raise bad("corners that are not finite", "finite millimetres", "Export it again.")
    extent = float(mesh.extents.max())
    if not EXTENT_MM[0] <= extent <= EXTENT_MM[1]:
        raise bad(
            f"an extent of {extent:.3g}",
            f"{EXTENT_MM[0]:g} to {EXTENT_MM[1]:g} mm",
            "Export it in millimetres (1 inch = 25.4 mm, 1 m = 1000 mm).",
        )
    if not mesh.is_winding_consistent:
        raise bad("faces that point in and out by turns", "all normals outwards", "Unify the normals of the scan.")
    open_edges = mesh.edges_sorted[trimesh.grouping.group_rows(mesh.edges_sorted, require_count=1)]
    if len(open_edges):
        graph = trimesh.graph.connected_components(open_edges)
        if len(graph) > 1:
            raise bad(
                f"{len(graph) - 1} holes beside its outer rim",
                "a closed surface, or one with an outer rim only",
                "Close the holes in the scanner's program.",
            )
        outwards = float(np.sum(mesh.face_normals[:, 2] * mesh.area_faces)) > 0
        told = "normals that point away from the viewer"
    else:
        outwards, told = float(mesh.volume) > 0, "normals that point inwards"
    if not outwards:
        raise bad(told, "all normals outwards", "Flip the normals of the scan.")


def lay_zones(
    mesh: Any, zones: Mapping[str, Sequence[Sequence[float]]], exclusions: Mapping[str, Excluded] | None = None
) -> dict[str, FlatRegion]:
    """Zones drawn on a surface, each laid flat on its own, without what is kept out: name → region.

    ``exclusions``: name → (ring as for `lay_flat`, margin [mm], measured along the skin).

    Raises BadInput for zones that overlap, an exclusion that touches none, and whatever `lay_flat` refuses.
    """
    kept_out = dict(exclusions or {})
    seen = {name: _seen(ring, name, None) for name, ring in zones.items()}
    for name, shape in seen.items():
        for other, taken in seen.items():
            if name < other and not shape.intersection(taken).area <= 1e-9 * shape.area:
                raise BadInput(
                    f'zone "{name}"',
                    given=f'{shape.intersection(taken).area:.3g} mm² shared with "{other}", as seen from the front',
                    allowed="zones that do not overlap",
                    todo="Draw a common border: each place has one setting.",
                )
    made = {name: lay_flat(mesh, ring, name=name, exclusions=kept_out) for name, ring in zones.items()}
    for name, (ring, margin_mm) in kept_out.items():
        if not any(_seen(ring, name, None).distance(shape) <= margin_mm for shape in seen.values()):
            raise BadInput(
                f'exclusion "{name}"',
                given="a place that touches no zone",
                allowed="exclusions in or beside a zone",
                todo="Check its coordinates: an exclusion that excludes nothing is a slip.",
            )
    return made


def _seen(ring_mm: Sequence[Sequence[float]], name: str, side: str | None) -> Any:
    """A ring drawn on the surface as a polygon seen from the front, shapely [mm]."""
    made = polygon([[list(p[:2]) for p in ring_mm]], name=name, side=side, most_mm=EXTENT_MM[1])
    return need("shapely").transform(made.polygons, lambda xy: from_si(xy, "mm"))


def lay_flat(
    mesh: Any,
    ring_mm: Sequence[Sequence[float]],
    *,
    name: str = "region",
    side: str | None = None,
    exclusions: Mapping[str, Excluded] | None = None,
) -> FlatRegion:
    """The part of a surface inside a ring drawn on it, laid flat.

    Parameters
    ----------
    ring_mm : points (k, 3) or (k, 2) [mm]
        As seen from the front: x and y; the part that faces the viewer is taken.
    exclusions : name → (ring, margin [mm])
        What is kept out, rings drawn in the same way; the margin is measured along the skin. One that does not reach
        the region changes nothing.

    Raises
    ------
    BadInput
        For a ring that is no polygon, one that leaves the surface, or skin that folds over itself seen from the front.
    """
    shapely = need("shapely")
    check_surface(mesh)
    outline = _seen(ring_mm, name, side)
    spared = {key: (_seen(ring, key, None), margin) for key, (ring, margin) in (exclusions or {}).items()}
    # seen from the front a margin is never longer than along the skin
    spared = {key: (s, m) for key, (s, m) in spared.items() if s.distance(outline) <= _number("margin", m, 0, 100)}
    whole = shapely.union_all([outline, *(shape for shape, _ in spared.values())])
    corners = np.asarray(mesh.vertices)[mesh.faces]
    facing = mesh.face_normals[:, 2] > 0.05
    triangles = shapely.polygons(corners[:, :, :2])
    near = np.nonzero(facing & shapely.intersects(whole, triangles))[0]
    covered = shapely.union_all(triangles[near], grid_size=1e-6) if len(near) else shapely.Polygon()
    if not outline.difference(covered).area <= 1e-3 * outline.area:
        raise BadInput(
            f'region "{name}"',
            given="a ring that leaves the surface as seen from the front",
            allowed="a region on skin that faces the viewer",
            todo="Draw it inside, or turn the scan so that the region faces the viewer.",
        )
    if not float(shapely.area(triangles[near]).sum()) <= covered.area * (1 + 1e-3):
        raise BadInput(
            f'region "{name}"',
            given="skin that folds over itself as seen from the front",
            allowed="a region seen without folds",
            todo="Turn the scan, or draw the sides of the fold as regions of their own.",
        )
    nodes, index = np.unique(mesh.faces[near], return_inverse=True)
    faces = index.reshape(-1, 3)
    solid = np.asarray(mesh.vertices)[nodes]
    flat = _as_rigid_as_possible(solid, faces)
    one, other = flat[faces[:, 1]] - flat[faces[:, 0]], flat[faces[:, 2]] - flat[faces[:, 0]]
    across = (one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]) / 2
    if not bool((across > 0).all()):
        raise BadInput(
            f'region "{name}"',
            given="skin too curved to be laid flat in one piece",
            allowed="a region that unfolds without overlap",
            todo="Divide the region.",
        )
    stretch = across / mesh.area_faces[near] - 1
    # a shape seen from the front, cut where it crosses an edge, carried into the plane face by face
    maps = [_affine(solid[face][:, :2], flat[face]) for face in faces]

    def carried(shape: Any) -> Any:
        pieces = [
            shapely.transform(piece, lambda xy, m=matrix, o=offset: xy @ m + o)
            for piece, (matrix, offset) in zip(shapely.intersection(triangles[near], shape), maps, strict=True)
            if piece.area > 0
        ]
        joined = shapely.union_all(np.array(pieces), grid_size=1e-5)
        # a ring has no holes: what is left open between two faces is rounding
        return shapely.union_all([shapely.Polygon(part.exterior) for part in _parts(joined)])

    kept_out = shapely.union_all(
        [carried(s).buffer(m, quad_segs=QUARTER) if m > 0 else carried(s) for s, m in spared.values()]
    )
    treated = shapely.MultiPolygon(_parts(carried(outline).difference(kept_out)))
    if not treated.area > 0:
        raise BadInput(f'region "{name}"', given="nothing left to treat", allowed="an area", todo="Check exclusions.")
    share = shapely.area(shapely.intersection(shapely.polygons(flat[faces]), treated)) / across
    return FlatRegion(
        area=Area(
            shapely.transform(treated, lambda xy: to_si(xy, "mm")),
            name=name,
            side=side,  # type: ignore[arg-type]  # checked with the ring
            kept_out=shapely.transform(kept_out, lambda xy: to_si(xy, "mm")),
        ),
        corners_mm=solid[faces],
        flat_mm=flat[faces],
        surface_area_mm2=float(np.sum(share * mesh.area_faces[near])),
        stretch_pct=100 * float(np.abs(stretch).max()),
    )


def on_surface(
    region: FlatRegion, laid: Tiling, *, incidence_deg: float = INCIDENCE_DEG, defocus_mm: float = DEFOCUS_MM
) -> OnSurface:
    """Where a tiling of a flat region lies on the surface; each stamp held along the mean normal of its columns."""
    _number("incidence_deg", incidence_deg, 0, 90)
    _number("defocus_mm", defocus_mm, 0, 100)
    places, normals = region.on_skin(from_si(laid.positions_m, "mm"))
    angles, heights, told = np.zeros(laid.stamps), np.zeros(laid.stamps), []
    for k in range(laid.stamps):
        ours = laid.stamp == k
        axis = normals[ours].mean(axis=0)
        axis /= np.linalg.norm(axis)
        angles[k] = math.degrees(math.acos(float(np.clip((normals[ours] @ axis).min(), -1, 1))))
        height = (places[ours] - places[ours].mean(axis=0)) @ axis
        heights[k] = float(np.abs(height).max()) + abs(float(laid.defocus_mm[k]))
        if not (angles[k] <= incidence_deg and heights[k] <= defocus_mm):
            told.append(
                f"stamp {k + 1}: skin up to {angles[k]:.0f}° off the beam and {heights[k]:.1f} mm out of focus "
                f"(tolerance {incidence_deg:g}° and {defocus_mm:g} mm); use a smaller stamp there"
            )
    for array in (places, normals, angles, heights):
        array.setflags(write=False)
    return OnSurface(places, normals, angles, heights, tuple(told))


def _affine(source: Array, target: Array) -> tuple[Array, Array]:
    """xy @ matrix + offset takes the source's corners (3, 2) to the target's."""
    matrix = np.linalg.solve(source[1:] - source[0], target[1:] - target[0])
    return matrix, target[0] - source[0] @ matrix


def _as_rigid_as_possible(solid: Array, faces: Index) -> Array:
    """Corners (n, 3) of the faces laid flat, (n, 2): starts as seen from the front, keeps its middle and turn."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.linalg import splu

    # each face in its own plane
    e1 = solid[faces[:, 1]] - solid[faces[:, 0]]
    e2 = solid[faces[:, 2]] - solid[faces[:, 0]]
    length = np.linalg.norm(e1, axis=1)
    x2 = np.sum(e1 * e2, axis=1) / length
    y2 = np.linalg.norm(np.cross(e1, e2), axis=1) / length
    own = np.zeros((len(faces), 3, 2))
    own[:, 1, 0], own[:, 2, 0], own[:, 2, 1] = length, x2, y2
    rows, cols, weights = [], [], []
    edges = []
    for k in range(3):
        i, j, o = k, (k + 1) % 3, (k + 2) % 3
        p, q = own[:, i] - own[:, o], own[:, j] - own[:, o]
        cot = np.sum(p * q, axis=1) / np.abs(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0])
        edges.append((i, j, cot))
        rows += [faces[:, i], faces[:, j], faces[:, i], faces[:, j]]
        cols += [faces[:, i], faces[:, j], faces[:, j], faces[:, i]]
        weights += [cot, cot, -cot, -cot]
    n = len(solid)
    matrix = coo_matrix((np.concatenate(weights), (np.concatenate(rows), np.concatenate(cols))), shape=(n, n)).tolil()
    matrix[0, :] = 0
    matrix[0, 0] = 1
    factor = splu(matrix.tocsc())
    flat = solid[:, :2].copy()
    for _ in range(ROUNDS):
        moment = np.zeros((len(faces), 2, 2))
        for i, j, cot in edges:
            d = flat[faces[:, i]] - flat[faces[:, j]]
            moment += cot[:, None, None] * d[:, :, None] * (own[:, i] - own[:, j])[:, None, :]
        left, _, right = np.linalg.svd(moment)
        left[:, :, 1] *= np.sign(np.linalg.det(left @ right))[:, None]
        turn = left @ right
        wanted = np.zeros((n, 2))
        for i, j, cot in edges:
            step = cot[:, None] * np.einsum("fab,fb->fa", turn, own[:, i] - own[:, j])
            np.add.at(wanted, faces[:, i], step)
            np.add.at(wanted, faces[:, j], -step)
        wanted[0] = flat[0]
        flat = np.stack([factor.solve(wanted[:, a]) for a in range(2)], axis=1)
    made: Array = flat
    return made
