#!/usr/bin/env python3
"""Make the leaflet's fonts from Noto (SIL Open Font Licence 1.1), subset to what leaflets need.

    npm install @expo-google-fonts/noto-sans @expo-google-fonts/noto-sans-arabic @expo-google-fonts/noto-sans-sc
    scripts/subset_fonts.py node_modules/@expo-google-fonts

Latin, Greek and Cyrillic; Arabic with all its shaping; the 3755 Chinese characters of GB 2312 level 1 and every
character that a leaflet text uses, so that a clinic's own name can be set as well. Run it again when translations gain
characters: a test names those that are missing.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from fontTools import subset

from colonnade.aftercare.language import LANGUAGES, translator
from colonnade.aftercare.leaflet import messages

OUT = Path(__file__).parents[1] / "src" / "colonnade" / "reporting" / "fonts"
LATIN = "U+0020-024F,U+0300-036F,U+0370-03FF,U+0400-045F,U+2000-206F,U+20A0-20BF,U+2100-214F,U+2190-21FF,U+2212,U+25CC"
ARABIC = "U+0020-002F,U+003A-003F,U+0600-06FF,U+0750-077F,U+200C-200F,U+2010-2011,U+204F,U+25CC,U+FB50-FDFF,U+FE70-FEFF"

ASCII = "".join(chr(c) for c in range(0x20, 0x7F))


def gb2312_level_1() -> str:
    """The commonest 3755 characters: rows 16 to 55 of GB 2312, and its punctuation, rows 1 to 3."""
    rows = [*range(1, 4), *range(16, 56)]
    pairs = (bytes((0xA0 + row, 0xA0 + cell)) for row in rows for cell in range(1, 95))
    return "".join(p.decode("gb2312", errors="ignore") for p in pairs)


def said() -> str:
    """Every character that the fixed texts use in any language."""
    return "".join(translator(tag).say(m) for tag in LANGUAGES for m in messages())


def make(source: Path, name: str, *, unicodes: str = "", text: str = "") -> None:
    """One subset font, hinting dropped, shaping kept."""
    options = [
        f"--output-file={OUT / name}",
        "--layout-features=*",
        "--no-hinting",
        "--desubroutinize",
        "--notdef-outline",
    ]
    options += [f"--unicodes={unicodes}"] if unicodes else []
    options += [f"--text={text}"] if text else []
    subset.main([str(source), *options])
    print(f"{name}: {(OUT / name).stat().st_size / 1e3:.0f} kB")


def main() -> None:
    folder = Path(sys.argv[1])
    for weight in ("400Regular", "700Bold"):
        word = weight[3:]
        make(folder / "noto-sans" / weight / f"NotoSans_{weight}.ttf", f"NotoSans-{word}.ttf", unicodes=LATIN)
        arabic = folder / "noto-sans-arabic" / weight / f"NotoSansArabic_{weight}.ttf"
        make(arabic, f"NotoSansArabic-{word}.ttf", unicodes=ARABIC)
    chinese = folder / "noto-sans-sc" / "400Regular" / "NotoSansSC_400Regular.ttf"
    make(chinese, "NotoSansSC-Regular.ttf", text="".join(sorted(set(ASCII + gb2312_level_1() + said()))))
    for package in ("noto-sans", "noto-sans-arabic", "noto-sans-sc"):
        shutil.copy(folder / package / "LICENSE_FONT", OUT / f"OFL-{package}.txt")


if __name__ == "__main__":
    main()
