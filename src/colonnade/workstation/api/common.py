"""What the routes of ``/api/v1`` share: errors as problem+json, ETags, idempotency, cursors, who may call.

The API calls the same functions of :mod:`colonnade.records` and the same job runner as the pages. Approvals are not
part of it: a person decides on what they see.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Annotated, Any

from fastapi import Header, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field

from colonnade.errors import BadInput

PREFIX = "/api/v1"
PAGE_SIZE = 50
#: Ids are 32 hexadecimal digits; anything else is no record.
ID = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class Problem(BaseModel):
    """An error (RFC 9457). ``errors`` hold what was given, what is allowed, what to do."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    errors: list[dict[str, str]] = Field(default_factory=list)


class Body(BaseModel):
    """A request or an answer: unknown fields are errors, numbers are finite."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


#: What every route may answer besides its own success, for the OpenAPI document.
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": words, "content": {"application/problem+json": {"schema": Problem.model_json_schema()}}}
    for status, words in {
        400: "The request cannot be read",
        401: "No session or token",
        403: "The account or the token's scopes do not allow it",
        404: "No such record, or not this account's",
        405: "No such method here",
        409: "Somebody else changed it",
        412: "The ETag in If-Match is not the current one",
        413: "The body is too large",
        422: "Something in the request cannot be used",
        428: "If-Match is missing",
    }.items()
}

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key", max_length=200, pattern=r"^[\x21-\x7e]*$",
        description="The same key with the same request gives the same record for a day.",
    ),
]  # fmt: skip
IfMatch = Annotated[
    str, Header(alias="If-Match", max_length=80, description="The ETag that was read: nothing is overwritten unseen.")
]
Cursor = Annotated[str, Query(max_length=200, description="`next` of the page before; empty for the first page")]


def etag(revision: int) -> str:
    """The ETag of a record that people edit."""
    return f'"{revision}"'


def revision_of(if_match: str) -> int:
    """The revision that a caller has read. 428 without the header; 412 for what is no ETag of ours."""
    if not if_match:
        raise HTTPException(428)
    found = re.fullmatch(r'"([1-9][0-9]{0,8})"', if_match.strip())
    if found is None:
        raise HTTPException(412)
    return int(found[1])


def cursor_of(offset: int) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(str(offset).encode()).decode().rstrip("=")


def offset_of(cursor: str) -> int:
    """The place a cursor points at. Raises BadInput for one that this server did not give."""
    if not cursor:
        return 0
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode("ascii")
    except (ValueError, UnicodeError):
        text = ""
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadInput("cursor", given="one that was not given here", allowed="`next` of a page", todo="Start anew.")
    return int(text)


def digest(body: BaseModel) -> str:
    """SHA-256 of a request, to tell whether an idempotency key comes with the same one."""
    return hashlib.sha256(body.model_dump_json().encode()).hexdigest()
