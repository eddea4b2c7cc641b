"""Reading what was posted: never more than we want, never for longer than we want, and no form can make it fail."""

from __future__ import annotations

import asyncio
from io import BytesIO
from urllib.parse import parse_qsl

from python_multipart import parse_form as parse_multipart
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File
from starlette.exceptions import HTTPException
from starlette.requests import Request

FORM_LIMIT = 64 * 1024
PATIENCE = 30  # seconds for a whole body
_MOST_FIELDS = 20


async def read_body(request: Request, limit: int) -> bytes:
    """Raises HTTPException 413 or 408."""
    too_large = HTTPException(413, f"This is more than the {limit} bytes that we take")
    if int(request.headers.get("content-length") or 0) > limit:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in request.stream():
                body += chunk
                if len(body) > limit:
                    raise too_large
    except TimeoutError as cause:
        raise HTTPException(408, f"The rest did not come within {PATIENCE} s") from cause
    return bytes(body)


async def read_form(request: Request, limit: int = FORM_LIMIT) -> dict[str, str]:
    """A form in either encoding; what cannot be understood is no field."""
    body = await read_body(request, limit)
    kind = request.headers.get("content-type", "")
    return _multipart(kind, body) if kind.lower().startswith("multipart/form-data") else _urlencoded(body)


def _urlencoded(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS))
    except ValueError:
        return {}


def _multipart(kind: str, body: bytes) -> dict[str, str]:
    found: dict[str, str] = {}

    def keep(field: Field) -> None:
        if len(found) < _MOST_FIELDS:
            found[_text(field.field_name)] = _text(field.value)

    def drop(_file: File) -> None:
        pass

    headers = {"Content-Type": kind.encode("latin-1", "replace"), "Content-Length": str(len(body)).encode()}
    try:
        parse_multipart(headers, BytesIO(body), keep, drop)
    except (FormParserError, ValueError):
        return {}
    return found


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "replace")
