"""How kernels are compiled: options, where the cache lives, who is told while it happens, and a vectorised exp.

Numba without Intel's SVML calls the scalar ``exp`` of libm, which costs 5 to 8 times the whole step of the solver
(docs/theory/numerics.md). ``fexp`` below is a polynomial that LLVM vectorises; a test looks for the vector
instructions in the compiled code.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import platformdirs


def _writable_cache() -> None:
    """Send Numba's cache to the user's cache folder when the package folder cannot be written (a read-only install)."""
    here = Path(__file__).parent
    if "NUMBA_CACHE_DIR" not in os.environ and not os.access(here, os.W_OK):
        os.environ["NUMBA_CACHE_DIR"] = platformdirs.user_cache_dir("colonnade", appauthor=False)


_writable_cache()

from llvmlite import ir  # noqa: E402
from numba import njit, types  # noqa: E402
from numba.extending import intrinsic  # noqa: E402

#: contract only: NaN and infinity keep their meaning, so finite checks stay valid.
KERNEL: dict[str, Any] = {"cache": True, "fastmath": {"contract"}, "error_model": "numpy"}


def kernel(function: Callable[..., Any]) -> Any:
    """Compile ``function`` once per machine, cached on disk."""
    return njit(**KERNEL)(function)


@intrinsic
def _float_from_bits(typingctx: Any, bits: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.DoubleType())

    return types.float64(types.int64), codegen


@intrinsic
def _bits_from_float(typingctx: Any, value: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.IntType(64))

    return types.int64(types.float64), codegen


@njit(**{**KERNEL, "inline": "always"})
def fexp(x: float) -> float:
    """exp(x) to 4e-13 relative for −700 ≤ x ≤ 700, clamped outside; vectorises.

    x = n ln 2 + r; 2^n is written straight into the exponent bits; e^r is the Taylor polynomial of degree 11 on
    |r| ≤ ln 2 / 2, whose remainder is below 1e-14.
    """
    x = min(max(x, -700.0), 700.0)
    shifted = x * 1.4426950408889634 + 6755399441055744.0  # 1.5 * 2^52: the low bits now hold round(x / ln 2)
    n = shifted - 6755399441055744.0
    r = x - n * 0.6931471803691238 - n * 1.9082149292705877e-10
    p = 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    return p * _float_from_bits((_bits_from_float(shifted) + 1023) << 52)  # type: ignore[call-arg]
