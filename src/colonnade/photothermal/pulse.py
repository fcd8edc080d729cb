"""The pulse: light in, enthalpy up, exposed cells out, heat conducted, damage counted; one kernel, many steps."""

from __future__ import annotations

from colonnade.photothermal import walls
from colonnade.photothermal.compiling import fexp, kernel
from colonnade.photothermal.heat import conductivity_of, explicit_step, temperature_of, warm_span, wetness_of
from colonnade.photothermal.light import attenuation, deposit
from colonnade.units import kelvin

# Slots of the ledger [J] that the kernels add to, each where it happens.
DELIVERED, REFLECTED, PLUME, EJECTED, VAPOUR, BOUNDARY, RETURNED = range(7)
LEDGER_SIZE = 7
#: Below this no set of kinetics adds 1e-6 within a minute (Henriques-Moritz: 1e-8 /s at 40 °C) [K].
COLDEST_K = kelvin(40.0)


@kernel
def _copy(source, target):
    # an assignment to a slice asks first whether both overlap, and does not vectorise
    for k in range(source.size):
        target[k] = source[k]


@kernel
def _add_damage(dt, ln_a, b, inverse, omega):
    for k in range(inverse.size):
        omega[k] += dt * fexp(ln_a - b * inverse[k])


@kernel
def damage_step(dt, t0, t1, sets, inverse, omega_coll, omega_hm, omega_ws):
    """Add dt · rate at the mid temperature to the three Arrhenius integrals of one column of cells.

    ``sets`` is (4, 2): ln A and B of collagen, Henriques-Moritz, Weaver-Stoll above and below 50 °C.
    The mid-point rule is second order; steps during the pulse are short against the change of temperature.
    """
    for k in range(t0.size):
        # above 150 °C every set has long passed Ω = 1 within a microsecond
        inverse[k] = 1.0 / min(0.5 * (t0[k] + t1[k]), 423.15)
    _add_damage(dt, sets[0, 0], sets[0, 1], inverse, omega_coll)
    _add_damage(dt, sets[1, 0], sets[1, 1], inverse, omega_hm)
    limit = 1.0 / 323.15
    for k in range(inverse.size):
        hot = inverse[k] <= limit
        a = sets[2, 0] if hot else sets[3, 0]
        b = sets[2, 1] if hot else sets[3, 1]
        omega_ws[k] += dt * fexp(a - b * inverse[k])


@kernel
def add_cem43(minutes, t0, rise, t_ref, cem):
    """Add ``minutes`` times the mean of R^(43 - T) at both ends, R = 0.5 above 43 °C and 0.25 below; one ring."""
    for k in range(cem.size):
        a = t0[k] - 316.15
        b = rise[k] + t_ref - 316.15
        # ln 2 and ln 4 per K; beyond 100 °C a dose in minutes at 43 °C means nothing more
        ra = 0.6931471805599453 if a >= 0.0 else 1.3862943611198906
        rb = 0.6931471805599453 if b >= 0.0 else 1.3862943611198906
        cem[k] += minutes * 0.5 * (fexp(min(ra * a, 40.0)) + fexp(min(rb * b, 40.0)))


@kernel
def remove(i, k, cells, ledger):
    """Take one cell off the mesh; its enthalpy is booked as ejected, what exceeds the ablation enthalpy moves on.

    The excess goes to the cell below, else to the ring outside, else it leaves with the cell.
    """
    h, h_abl, h_start, volume, removed, k_wet, k_dry, transmission = cells
    n_r, n_z = h.shape
    excess = (h[i, k] - h_abl[i, k]) * volume[i, k]
    leaving = (h_abl[i, k] - h_start[i, k]) * volume[i, k]
    removed[i, k] = True
    if excess > 0.0:
        if k + 1 < n_z and not removed[i, k + 1]:
            h[i, k + 1] += excess / volume[i, k + 1]
        elif i + 1 < n_r and not removed[i + 1, k]:
            h[i + 1, k] += excess / volume[i + 1, k]
        else:
            leaving += excess
    ledger[EJECTED] += leaving
    h[i, k] = 0.0
    k_wet[i, k] = 0.0  # a hole conducts nothing and lets all light pass
    k_dry[i, k] = 0.0
    transmission[i, k] = 1.0


@kernel
def sweep_fronts(n_act, top, cells, ledger):
    """Remove every cell at the top of its column that has reached its ablation enthalpy; returns whether any went."""
    h, h_abl, removed = cells[0], cells[1], cells[4]
    n_z = h.shape[1]
    any_removed = False
    for i in range(n_act):
        k = top[i]
        while k < n_z and (removed[i, k] or h[i, k] >= h_abl[i, k]):
            if not removed[i, k]:
                remove(i, k, cells, ledger)
                any_removed = True
            k += 1
        top[i] = k
    return any_removed


@kernel
def _any_reaches(h, limit):
    found = 0
    for k in range(h.size):
        found |= 1 if h[k] >= limit[k] else 0
    return found


@kernel
def sweep_walls(n_act, top, high, cells, ledger):
    """Remove cells below their column's top that are exposed sideways or from below and have reached their enthalpy."""
    h, h_abl, removed = cells[0], cells[1], cells[4]
    n_r, n_z = h.shape
    for i in range(n_act):
        if not _any_reaches(h[i, top[i] : high[i]], h_abl[i, top[i] : high[i]]):
            continue
        for k in range(top[i], min(high[i], n_z)):
            if h[i, k] < h_abl[i, k] or removed[i, k]:
                continue
            inside = i > 0 and removed[i - 1, k]
            outside = i + 1 < n_r and removed[i + 1, k]
            above = k == 0 or removed[i, k - 1]
            below = k + 1 < n_z and removed[i, k + 1]
            if inside or outside or above or below:
                remove(i, k, cells, ledger)


@kernel
def return_to_wall(budget, layer, n_act, top, h, h_full, volume, removed, r_edges, ledger):
    """Give ``budget`` [J] of ejected enthalpy back to the crater wall, in cells below 100 °C within ``layer`` [m].

    Equal energy per wall volume; a cell takes at most what brings it to 100 °C. What is taken is moved from ejected
    to returned in the ledger (it is tissue from then on); what finds no place stays ejected.
    """
    n_r = h.shape[0]
    deepest = 0
    for i in range(n_act):
        deepest = max(deepest, top[i])
    room = 0.0
    for k in range(deepest):
        i = 0
        while i < n_r and removed[i, k]:
            i += 1
        edge = r_edges[i]
        while i < n_r and r_edges[i + 1] <= edge + layer:
            if not removed[i, k] and h[i, k] < h_full[i, k]:
                room += volume[i, k]
            i += 1
    if room <= 0.0:
        return
    density = budget / room
    given = 0.0
    for k in range(deepest):
        i = 0
        while i < n_r and removed[i, k]:
            i += 1
        edge = r_edges[i]
        while i < n_r and r_edges[i + 1] <= edge + layer:
            if not removed[i, k] and h[i, k] < h_full[i, k]:
                add = min(density, h_full[i, k] - h[i, k])
                h[i, k] += add
                given += add * volume[i, k]
            i += 1
    ledger[EJECTED] -= given
    ledger[RETURNED] += given


@kernel
def _absorption(temperature, water, wetness, mu_dry, char, removed, mu_water, mu_slope, mu_floor, t_mu, mu_char, mu):
    """mu = liquid water by volume · mu_w(T) + protein; char replaces it, holes have none [1/m].

    ``water`` is the volume fraction.
    """
    for k in range(temperature.size):
        factor = max(mu_floor, 1.0 - mu_slope * (temperature[k] - t_mu))
        wet = water[k] * wetness[k] * mu_water * factor + mu_dry[k]
        mu[k] = 0.0 if removed[k] else (mu_char if char[k] else wet)


@kernel
def _keep_below(t_cap, temperature):
    for k in range(temperature.size):
        temperature[k] = min(temperature[k], t_cap)


@kernel
def _keep_maximum(value, maximum):
    for k in range(value.size):
        maximum[k] = max(maximum[k], value[k])


@kernel
def run_pulse(
    steps,
    dt,
    power,
    substeps,
    conduct,
    ablating,
    numbers,
    optics,
    mirror,
    mesh,
    tissue,
    state,
    damage,
    sets,
    window,
    scratch,
    ledger,
):
    """Run ``steps`` steps of length ``dt`` [s] with the beam at ``power`` [W]; arrays are changed in place.

    Within a step light falls in ``substeps`` parts and heat is conducted in ``conduct`` parts; absorption, phase and
    conductivity are brought up to date, and damage counted, once per step.

    The tuples are assembled by `Column.fire`. Returns True once the first cell of this pulse has gone (the plume
    exists from then on). ``window`` holds the number of active columns and their active rows; it grows with the heat.
    """
    (
        reflectance,
        eta,
        kappa,
        f_wall,
        wall_layer,
        char_on,
        t_char,
        mu_char,
        t_ref,
        t_boil,
        mu_water,
        mu_slope,
        mu_floor,
        t_mu,
        k_slope,
        h_surface,
        t_medium,
        t_cap,
    ) = numbers
    share, first_cell, count, overlap, first_row = optics
    bounces, n_index, k_index, radius, centre, surface, front, (reflected, landing, part_of, extra) = mirror
    r_edges, z_edges, dz, volume, inv_volume = mesh
    water, k_wet, k_dry, mu_dry, inv_c, inv_c_dry, h_boil, h_steam, inv_h_steam, h_abl, h_start = tissue
    h, temperature, t_before, t_max, conductivity, wetness, transmission, removed, char = state
    cells = (h, h_abl, h_start, volume, removed, k_wet, k_dry, transmission)
    omega_coll, omega_hm, omega_ws = damage
    n_columns, top, low, high = window
    mu, flux, inverse = scratch
    n_r, n_z = h.shape
    part = dt / substeps
    pyrolysis = t_cap < 1e6
    for _ in range(steps):
        n_act = n_columns[0]
        for i in range(n_act):
            lo, hi = low[i], min(high[i] + 1, n_z)
            _absorption(
                temperature[i, lo:hi],
                water[i, lo:hi],
                wetness[i, lo:hi],
                mu_dry[i, lo:hi],
                char[i, lo:hi],
                removed[i, lo:hi],
                mu_water,
                mu_slope,
                mu_floor,
                t_mu,
                mu_char,
                mu[lo:hi],
            )
            attenuation(mu[lo:hi], dz[lo:hi], transmission[i, lo:hi])
        if bounces > 0 and ablating:
            walls.surface_of(n_act, top, front, z_edges, dz, surface)
            walls.trace(
                radius, r_edges, centre[:n_act], surface[:n_act], bounces, n_index, k_index, reflected, landing, part_of
            )
        for _s in range(substeps):
            energy = power * part
            ledger[DELIVERED] += energy
            ledger[REFLECTED] += energy * reflectance
            plume, through = deposit(
                energy * (1.0 - reflectance),
                ablating,
                eta,
                kappa,
                share,
                first_cell,
                count,
                overlap,
                first_row,
                z_edges,
                inv_volume,
                removed,
                transmission,
                h,
                reflected,
                landing,
                part_of,
                extra,
            )
            if bounces > 0:
                through += walls.absorb(extra, r_edges, top, inv_volume, removed, transmission, h)
                ledger[REFLECTED] += extra[n_r + 1]
                extra[n_r + 1] = 0.0
            ledger[PLUME] += plume
            ledger[BOUNDARY] += through
            if sweep_fronts(n_act, top, cells, ledger):
                ablating = True
        sweep_walls(n_act, top, high, cells, ledger)
        if f_wall > 0.0:
            # a share of all that was ever ejected, less what has been given back; what found no place waits
            budget = f_wall * (ledger[EJECTED] + ledger[RETURNED]) - ledger[RETURNED]
            if budget > 0.0:
                return_to_wall(budget, wall_layer, n_act, top, h, h_boil, volume, removed, r_edges, ledger)
        for i in range(n_act):
            low[i] = top[i]
            lo, hi = low[i], min(high[i] + 1, n_z)
            if lo >= hi:
                continue
            t = temperature[i, lo:hi]
            _copy(t, t_before[i, lo:hi])
            here = h[i, lo:hi]
            temperature_of(
                here, inv_c[i, lo:hi], h_boil[i, lo:hi], h_steam[i, lo:hi], inv_c_dry[i, lo:hi], t_ref, t_boil, t
            )
            if pyrolysis:
                _keep_below(t_cap, t)
            wetness_of(here, h_boil[i, lo:hi], inv_h_steam[i, lo:hi], wetness[i, lo:hi])
            conductivity_of(
                t, wetness[i, lo:hi], k_wet[i, lo:hi], k_dry[i, lo:hi], k_slope, t_ref, t_boil, conductivity[i, lo:hi]
            )
        for c in range(conduct):
            if c > 0:
                for i in range(n_act):
                    lo, hi = low[i], min(high[i] + 1, n_z)
                    temperature_of(
                        h[i, lo:hi],
                        inv_c[i, lo:hi],
                        h_boil[i, lo:hi],
                        h_steam[i, lo:hi],
                        inv_c_dry[i, lo:hi],
                        t_ref,
                        t_boil,
                        temperature[i, lo:hi],
                    )
                    if pyrolysis:
                        _keep_below(t_cap, temperature[i, lo:hi])
            ledger[BOUNDARY] += explicit_step(
                dt / conduct, n_act, h, temperature, conductivity, removed, r_edges, dz, low, high, h_surface,
                t_medium, flux,
            )  # fmt: skip
        for i in range(n_act):
            lo, hi = low[i], min(high[i] + 1, n_z)
            if lo >= hi:
                continue
            _keep_maximum(temperature[i, lo:hi], t_max[i, lo:hi])
            # the cold ends of the column gather nothing
            first, last = warm_span(COLDEST_K, temperature[i, lo:hi], temperature[i, lo:hi], 0.0)
            lo, hi = lo + first, lo + max(first, last)
            damage_step(
                dt,
                t_before[i, lo:hi],
                temperature[i, lo:hi],
                sets,
                inverse[lo:hi],
                omega_coll[i, lo:hi],
                omega_hm[i, lo:hi],
                omega_ws[i, lo:hi],
            )
            if char_on:
                for k in range(lo, hi):
                    if temperature[i, k] >= t_char and not removed[i, k]:
                        char[i, k] = True
            # grow the window where heat has arrived (30 kJ/m3 is 0.01 K; what lies outside waits, nothing is lost)
            while high[i] + 1 < n_z and h[i, high[i]] - h_start[i, high[i]] > 3e4:
                high[i] += 4 if high[i] + 5 < n_z else 1
        if n_act < n_r:
            reached = False
            for k in range(low[n_act - 1], high[n_act - 1]):
                if h[n_act - 1, k] - h_start[n_act - 1, k] > 3e4:
                    reached = True
                    break
            if reached:
                high[n_act] = max(high[n_act], high[n_act - 1])
                n_columns[0] = n_act + 1
    return ablating
