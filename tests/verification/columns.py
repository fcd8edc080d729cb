"""Columns with constant properties, for comparison with closed forms (common constants of the verification cases)."""

import numpy as np

from colonnade.photothermal.column import Column
from colonnade.photothermal.strategies import Options, Physics
from colonnade.units import kelvin

K = 0.42
RHO_C = 3.70e6
ALPHA = K / RHO_C
MU_PER_CM = 600.0
LATENT = 2.256e6  # the model's; water is chosen so that water * LATENT is the case's latent heat


def uniform_column(
    r_edges,
    z_edges,
    *,
    k=K,
    rho_c=RHO_C,
    latent_J_m3=0.0,
    t_ref_C=20.0,
    mu_per_cm=MU_PER_CM,
    losses=None,
    **physics,
):
    """A column of one constant material: no temperature dependence, no reflection, insulated."""
    from colonnade.photothermal.strategies import NO_LOSSES

    n_z = len(z_edges) - 1
    options = Options(
        losses=losses or NO_LOSSES,
        physics=Physics(
            k_slope=0.0,
            mu_slope=0.0,
            mu_constant_per_cm=mu_per_cm,
            c_water=0.0,
            h_surface=0.0,
            reflectance=0.0,
            **physics,
        ),
    )
    return Column(
        np.asarray(r_edges, dtype=float),
        np.asarray(z_edges, dtype=float),
        c_dry=np.full(n_z, rho_c),
        water=np.full(n_z, latent_J_m3 / LATENT),
        k_wet=np.full(n_z, k),
        k_dry=np.full(n_z, k),
        mu_dry=np.zeros(n_z),
        t_ref_K=kelvin(t_ref_C),
        options=options,
    )


def uniform(step_um, count):
    """Edges [m] of ``count`` equal cells."""
    return np.arange(count + 1) * step_um * 1e-6


def centres(edges):
    return 0.5 * (edges[1:] + edges[:-1])
