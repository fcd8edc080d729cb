#!/usr/bin/env python3
"""Write the pages of docs/file-formats/ from the data models. `--check` writes nothing and fails if one is stale."""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from colonnade.aftercare import CheckIns
from colonnade.case import Case
from colonnade.delivery.journal import LogHeader
from colonnade.delivery.limits import MachineSpec
from colonnade.delivery.record import Treatment
from colonnade.delivery.shots import ShotHeader
from colonnade.laser import Device
from colonnade.planning.series_model import SessionOutcome
from colonnade.tissue import Skin
from colonnade.units import pretty, unit_of

DOCS = Path(__file__).parents[1] / "docs" / "file-formats"
#: The limit that every text shares (colonnade.schema); only shorter ones are worth a word.
LONGEST = 20_000

CASE_INTRO = """A case says what is to be done: patient, indication, site, region, device, goals. It is a TOML
file of at most 1 MB in UTF-8. Nothing in it is converted, and nothing is judged when it is
read, except what the schema can see: an unknown key, a NaN, text for a number, a number outside its bounds. These
are bad input (exit code 2, no files).

`[test_spot]` records a test spot that was treated. Once it was read 4 weeks later or more with every question answered
"no" it closes the step PAR-08; in a first session it binds: nothing above its energy per column, fluence or cumulative
density passes (TS-03). One that answered badly refuses the plan (TS-01), one that has not healed defers it.

A history question that is left out is `unknown`, never `no`. With `[settings]` the plan and the check judge these and
do not search; `energy_mJ`, `power_W` and `pulse_ms` must agree (E = P·t), and at most one of `density_pct`,
`spacing_um`, `pitch_um` and `spots_per_cm2` says how dense the columns lie. No case in this repository describes a
real patient: `synthetic = true`.

Example: [`examples/acne-scar-cheek.toml`](../../examples/acne-scar-cheek.toml)."""

DEVICE_INTRO = """A device profile says what one handpiece or mode of a laser offers. It is a library file
(`src/colonnade/library/devices/ID.toml`); the name of the file is its `id`. Every value is a table with its `flag`
(`measured`, `published`, `fitted`, `assumed`) and its `source`. A value that no source gives is `assumed` and is
printed on page one of each plan that uses the device. Profiles are built from published operating points, not from
makers' data; `colonnade show ID` prints one."""

SITE_INTRO = """A site says what the beam meets on one part of the body: layers from the surface down. It is a library
file (`src/colonnade/library/sites/ID.toml`). Every layer has its `flag` and `source`. Phototype does not change the
optics at 10.6 µm: it belongs to the case."""

SHOTS_INTRO = """A shot file says what a fractional laser would fire, column by column. It is marked, in its second
line and in its header, as not for clinical use: no real laser reads it. It is UTF-8 text of at most
256 MB with line feeds; `colonnade export PLAN.json --shots FILE` writes one, `colonnade machine run
FILE --log LOG` runs it on the virtual laser.

## Grammar

```
file    = "colonnade.shots/1" LF notice LF "HEADER" LF json LF "BODY" LF pulse* stamp* seal
notice  = "NOT FOR CLINICAL USE. " and the sentence that stands in the header as disclaimer
json    = the header: one JSON object (tables below; shots-header.schema.json), its last line "}"
pulse   = "PULSE" n "power_mW="i "on_us="i "train="i "train_period_us="i "stack="i "stack_interval_us="i LF
stamp   = "STAMP" n "zone="i "pass="i "x_um="i "y_um="i "turn_mdeg="i "delay_us="i "columns="i LF column*
column  = x_um y_um start_us pulse LF
seal    = "SHA256" hex64 LF [ "SIGNATURE ed25519" public signature LF ] "END" LF
i       = whole number, no plus sign, no leading zero; one space between words
n       = 1, 2, 3, … in order
```

**Columns.** In firing order: place from the stamp's centre [µm], start of its light from the stamp's begin [µs,
rising], and the number of its pulse line. Columns are numbered from 1 through the whole file. **Stamp.** One
placement of the handpiece: its centre in the zone [µm, from the zone's middle], turned by `turn_mdeg` thousandths of
a degree; `delay_us` is the shortest time from the last column of the stamp before. Nobody fires the next stamp but a
foot on the pedal. **Pulse.** `train` sub-pulses of `on_us` at `power_mW`, `train_period_us` from start to start, the
whole repeated `stack` times, `stack_interval_us` from start to start. Its energy is the product of power, on-time,
train and stack.

**Seal.** SHA-256 over every byte above the line `SHA256`. The signature, if there is one, is Ed25519 over the text
`colonnade.shots/1 sha256 ` and the 64 digits; public key (32 bytes) and signature (64 bytes) stand in base64. A
reader refuses a file whose hash or signature does not fit, whose counts differ from its header, whose numbers are
spelled differently, or whose version it does not know; nothing is repaired. Version 1 stays readable:
`tests/data/shots-1.shots` is read in every test.

**Rounding.** Power, on-time, intervals and places are rounded to the machine's steps when the file is written. Every
change is listed in `rounding` (asked, deliverable, difference); above 1 % (energy 2 %, places 6 µm) the export is
refused. A machine finer than 1 µm, 1 µs or 1 mW gets these. Two things are lengthened instead of rounded to nearest:
the interval between columns, and any interval too short for the mirrors. Before a file is written or run, the timing
check holds every pulse and stamp against the machine: it names block, value, limit and the nearest valid value.

Speed: `python benchmarks/shots.py` writes and reads 100,000 columns."""

LOG_INTRO = """The log is the journal of one delivery, written while it happens: append-only UTF-8 text, one record
a line. Every record ends in a CRC-32 over all records before it and itself (without checksums and
line ends), so that a record that was changed, lost or doubled is seen. Only the last record may be
torn.

```
H {header}                                   first record; table below
N t_us {note}                                operator's actions, states, faults
B stamp t_us                                 the pedal was pressed on this stamp
I column t_us                                intent: forced to disk before the column is fired
O column t_us F|N|M energy_uJ x_um y_um      outcome: fired; not fired; fired without light on the monitor
E stamp t_us reason                          the stamp ended: complete, or what interrupted it
C stamp t_us who   ·   S stamp t_us who      continue confirmed   ·   skipped
R t_us {unknown, torn_bytes}                 another process went on with this log
Z t_us reason                                put away in order
```

After any interruption every column is fired, not fired or unknown. Unknown are: a column with intent and no outcome;
a column with outcome `M` (a blind monitor looks the same); and, where the log ends with an outcome, the next column
of the open stamp, because the record that was lost with the end of the file may have been its intent. An unknown
column is never fired again. A stamp that was open is interrupted: it is skipped unless an operator confirms that the
handpiece has not moved."""

TREATMENT_INTRO = """A treatment record says what was delivered against what was planned. `colonnade machine treatment
FILE --log LOG --out RECORD.json` makes it from a log; coverage and heat are recomputed from what
was fired. Columns in doubt count both ways. `as_planned` is true only if every column was fired
once and every energy and place lies within the machine's stated tolerances; `reasons` says why not."""

MACHINE_INTRO = """A machine description says what no device profile can: clock, power and position steps, mirrors,
tube, cooling. It is a library file (`src/colonnade/library/machines/ID.toml`). No maker publishes
these figures: every value of the bundled machine is `assumed`, and none is a property of a product.
The protocol spoken by the machine is [a page of its own](machine.md)."""
CHECKIN_INTRO = """A check-in file says what a patient answered after a treatment: the treatment, the check-ins from the
oldest to the newest, and the scheduled contacts that did not happen. It is JSON of at most 1 MB. The last check-in is
judged by `colonnade triage`; earlier ones give the trend, and keep their alarm until a clinician was in contact. A
question that was not answered is `unknown` or left out, never "no"; an open question about fever, blisters or eyes
raises the answer. Each check-in states either its `day` (day 0 is the treatment day) or its `date`. Photographs are
named beside the file; what a person saw in them raises, nothing in them lowers.

Example: [`examples/checkin-day-4.json`](../../examples/checkin-day-4.json)."""

OUTCOME_INTRO = """An outcome file says what came of one session of a series. It is TOML of at most 0.1 MB;
`colonnade sessions PLAN.json --outcome FILE` applies the rules of `library/series/session-rules.toml` to it. A question
left out is `unknown`, never "no", and no step up is suggested while one is open. GAIS is rated against the baseline
photograph; another instrument goes with its id and two scores, low being better. More than one file: in the order of
the sessions; of one session in the order of the weeks, so that a dark mark that has gone is not forgotten.

Example: [`examples/outcome-session-1.toml`](../../examples/outcome-session-1.toml)."""

PAGES: dict[str, tuple[type[BaseModel], str]] = {
    "case": (Case, CASE_INTRO),
    "outcome": (SessionOutcome, OUTCOME_INTRO),
    "device": (Device, DEVICE_INTRO),
    "site": (Skin, SITE_INTRO),
    "shots": (ShotHeader, SHOTS_INTRO),
    "log": (LogHeader, LOG_INTRO),
    "treatment": (Treatment, TREATMENT_INTRO),
    "machine-description": (MachineSpec, MACHINE_INTRO),
    "checkin": (CheckIns, CHECKIN_INTRO),
}


def page(name: str, model: type[BaseModel], intro: str) -> str:
    """One page: the introduction, the top level, then each kind of table once."""
    schema = model.model_json_schema(by_alias=True)
    parts = [
        f"# The {name} file, `colonnade.{name}/1`",
        "<!-- Generated by scripts/make_docs.py from the data model: edit the model, then run the script. -->",
        intro,
        "## Top level",
        _table(schema),
    ]
    for title in _as_they_appear(schema):
        table = schema["$defs"][title]
        parts += [f"## {title}", _first_line(table), _table(table)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _as_they_appear(schema: dict[str, Any]) -> list[str]:
    """The kinds of table in the order in which a reader meets them."""
    found: list[str] = []
    todo = [schema]
    while todo:
        names = re.findall(r"#/\$defs/(\w+)", json.dumps(todo.pop(0).get("properties", {})))
        new = [n for n in dict.fromkeys(names) if n not in found]
        found += new
        todo += [schema["$defs"][n] for n in new]
    return found


def _first_line(table: dict[str, Any]) -> str:
    return str(table.get("description", "")).strip().split("\n\n")[0].replace("\n", " ").replace("``", "`")


def _table(table: dict[str, Any]) -> str:
    rows = ["| key | is | allowed | if left out | meaning |", "|---|---|---|---|---|"]
    for key, field in table["properties"].items():
        title = field.get("title", "")
        own = title if title.lower() != key.replace("_", " ").lower() else ""  # else pydantic made it from the key
        meaning = ". ".join(x for x in (own, field.get("description", "")) if x)
        left_out = "refused" if key in table.get("required", ()) else _default(field)
        cells = (f"`{key}`", _kind(key, field), _allowed(field), left_out, meaning)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def _options(field: dict[str, Any]) -> list[dict[str, Any]]:
    """The field itself, or what it may be apart from absent."""
    return [o for o in field.get("anyOf", [field]) if o.get("type") != "null"]


def _kind(key: str, field: dict[str, Any]) -> str:
    name = field.get("unit") or unit_of(key)
    unit = {"C": "°C"}.get(name, pretty(name)) if name else ""
    return " or ".join(_one_kind(o) for o in _options(field)) + (f" [{unit}]" if unit else "")


def _one_kind(option: dict[str, Any]) -> str:
    if "$ref" in option:
        name = option["$ref"].rpartition("/")[2]
        return f"table [{name}](#{name.lower()})"
    if option.get("type") == "array" and "prefixItems" in option:
        return f"pair of {option['prefixItems'][0]['type']}s"
    if option.get("type") == "array":
        return f"list of {_one_kind(option.get('items', {}))}"
    if option.get("type") == "object":
        return f"table of {_one_kind(option['additionalProperties'])}"
    names = {"string": "text", "boolean": "true or false", "integer": "whole number", "number": "number"}
    return names.get(option.get("type", ""), "text")


def _allowed(field: dict[str, Any]) -> str:
    said = []
    for option in _options(field):
        said += [f"`{value}`" for value in option.get("enum", [option["const"]] if "const" in option else [])]
        signs = (("exclusiveMinimum", "> "), ("minimum", "≥ "), ("maximum", "≤ "))
        said += [f"{sign}{option[name]:g}" for name, sign in signs if name in option]
        if "pattern" in option:
            hexadecimal = option["pattern"] == "^[0-9a-f]{64}$"
            said.append("64 hexadecimal digits" if hexadecimal else "lower-case letters, digits, hyphens")
        if option.get("maxLength", LONGEST) < LONGEST:
            said.append(f"at most {option['maxLength']} characters")
    return ", ".join(said)


def _default(field: dict[str, Any]) -> str:
    default = field.get("default")
    if default is None:
        if "default" in field:
            return "absent"
        return "every key its own default" if "$ref" in field else "empty"
    if default in ([], {}, ""):
        return "empty"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def main() -> int:
    """Write or check the pages; 1 if a page is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is stale")
    check = parser.parse_args().check
    stale = []
    for name, (model, intro) in PAGES.items():
        path, text = DOCS / f"{name}.md", page(name, model, intro)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if not check:
                path.write_text(text, encoding="utf-8")
    if stale:
        print(("stale: " if check else "written: ") + ", ".join(stale), file=sys.stderr)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
