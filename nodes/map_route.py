"""Reads a picture file for the painter, with the code that Segmentation to LCM runs."""

from __future__ import annotations

import asyncio
import base64
from io import BytesIO
from typing import Any

from aiohttp import web
from PIL import Image

from ..place_core.map_file import AUTO, MAX_CLASSES, READINGS, FileMap, MapError, read_map_file

_MAX_BYTES = 64_000_000


async def read_map(request: web.Request) -> web.Response:
    """What a picture file shows as a map; the body is the file.

    The query has ``reading``, one of ``READINGS``, and ``count`` of the strongest colors. Answers
    ``png``, a gray PNG in base64 whose value is 0 for void and else the class's place from 1 on;
    ``classes``, ``[name, number, words, "#rrggbb" or null]`` each; ``reading``; and the shares
    ``blended`` and ``unknown``. Or ``problem``, the code and the values of a :class:`MapError`.
    """
    reading = request.query.get("reading", AUTO)
    count = request.query.get("count", "8")
    if reading not in READINGS or not (count.isascii() and count.isdigit() and len(count) < 4):
        return web.json_response({"problem": ["notPicture"]}, status=400)
    try:
        data = await _read_body(request)
        # It takes a moment, and the server has others to answer.
        answer = await asyncio.to_thread(_answer, data, reading, int(count))
    except MapError as error:
        answer = {"problem": [error.code, *error.values]}
    return web.json_response(answer)


async def _read_body(request: web.Request) -> bytes:
    body = bytearray()
    async for part in request.content.iter_any():
        body += part
        if len(body) > _MAX_BYTES:
            raise MapError("tooManyBytes", _MAX_BYTES // 1_000_000)
    return bytes(body)


def _answer(data: bytes, reading: str, count: int) -> dict[str, Any]:
    found = read_map_file(data, reading, min(max(count, 1), MAX_CLASSES))
    return {
        "png": base64.b64encode(_png(found)).decode(),
        "classes": [
            [c.name, c.number, c.words, None if c.color is None else f"#{bytes(c.color).hex()}"]
            for c in found.classes
        ],
        "reading": found.reading,
        "blended": found.blended,
        "unknown": found.unknown,
    }


def _png(found: FileMap) -> bytes:
    stream = BytesIO()
    # It goes to a browser that is nearly always on this machine.
    Image.fromarray(found.labels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()
