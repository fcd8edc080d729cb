"""Scripts, style and pictures that come with the package."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse

from colonnade.records.base import NotFound
from colonnade.workstation.permissions import require
from colonnade.workstation.rendering import static_files
from colonnade.workstation.roles import OPEN

router = APIRouter(include_in_schema=False)
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


@router.get("/static/{name:path}", dependencies=[require(OPEN)])
def static(name: str, v: str = "") -> FileResponse:
    """A file of the package, by its name in a fixed list."""
    path = static_files().get(name)
    if path is None or path.suffix not in TYPES:
        raise NotFound("static file")
    # only an address that carries the hash of the content may be kept
    cache = {"Cache-Control": "public, max-age=31536000, immutable"} if v else {}
    return FileResponse(path, media_type=TYPES[path.suffix], headers=cache)


@router.get("/favicon.ico", dependencies=[require(OPEN)])
def favicon() -> FileResponse:
    """Browsers ask for it without being told to."""
    return FileResponse(static_files()["mark.svg"], media_type=TYPES[".svg"])
