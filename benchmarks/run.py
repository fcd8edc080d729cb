"""Run every benchmark, or the ones named: ``python benchmarks/run.py [column plan …]``. See README.md here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
NOT_BENCHMARKS = {"common", "run", "peer_solvers"}
#: Run only when named: installs a gigabyte of other packages.
ONLY_BY_NAME = {"peers"}


def main() -> int:
    """Run them one after the other; the worst exit code is ours."""
    known = sorted(p.stem for p in HERE.glob("*.py") if p.stem not in NOT_BENCHMARKS)
    names = sys.argv[1:] or [name for name in known if name not in ONLY_BY_NAME]
    unknown = [n for n in names if n not in known]
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}", file=sys.stderr)
        return 2
    worst = 0
    for name in names:
        worst = max(worst, subprocess.run([sys.executable, HERE / f"{name}.py"], check=False).returncode)
        print()
    return worst


if __name__ == "__main__":
    sys.exit(main())
