"""What the front end asks of the server while nothing runs."""

from __future__ import annotations

import asyncio
import json
from typing import Any, NamedTuple

from aiohttp import web

from ..place_core.layout import Layout
from ..place_core.prompts import read_prompt
from ..place_core.tokens import bind_tokens
from .class_rows import layout_of_rows
from .host.tokenizing import tokenize
from .map_route import read_map

_MAX_BYTES = 1_000_000
_MAX_CHARACTERS = 20_000


def register_routes() -> None:
    """Adds them to ComfyUI's server, which has to exist."""
    # Imports the whole server, which processes without one can do without.
    from server import PromptServer

    PromptServer.instance.routes.post("/place/tokens")(count_tokens)
    PromptServer.instance.routes.post("/place/map")(read_map)


async def count_tokens(request: web.Request) -> web.Response:
    """How many tokens the prompt of an encoder has, counted with ComfyUI's own tokenizer.

    Takes JSON with ``classes`` (see :func:`class_rows`), ``class_prompts`` and ``global_prompt``.
    Answers ``tokens``, which is ``[used, chunk length, chunks]``, and ``notes``, a list; or
    ``problem``, what the encoder would say of the texts; with status 400 ``error``, what is wrong
    with the question.
    """
    try:
        question = _read_question(await _read_body(request))
    except ValueError as error:
        return web.json_response({"error": str(error)}, status=400)
    # A long text takes a while, and the server has others to answer.
    return web.json_response(await asyncio.to_thread(_answer, question))


class _Question(NamedTuple):
    layout: Layout
    class_prompts: str
    global_prompt: str


async def _read_body(request: web.Request) -> bytes:
    body = bytearray()
    async for part in request.content.iter_any():
        body += part
        if len(body) > _MAX_BYTES:
            raise ValueError(f"the question has over {_MAX_BYTES:,} bytes")
    return bytes(body)


def _read_question(body: bytes) -> _Question:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise ValueError("the question must be JSON: classes, class_prompts and global_prompt")
    return _Question(
        layout_of_rows(content.get("classes")),
        _read_text(content, "class_prompts"),
        _read_text(content, "global_prompt"),
    )


def _read_text(content: dict[str, Any], name: str) -> str:
    text = content.get(name)
    if not isinstance(text, str):
        raise ValueError(f"{name}: it must be text")
    if len(text) > _MAX_CHARACTERS:
        raise ValueError(
            f"{name}: it has {len(text):,} characters; up to {_MAX_CHARACTERS:,} are counted"
        )
    return text


def _answer(question: _Question) -> dict[str, Any]:
    try:
        prompt = read_prompt(question.layout, question.class_prompts, question.global_prompt)
        return {"tokens": bind_tokens(prompt.segments, tokenize).usage(), "notes": prompt.notes}
    except ValueError as error:
        return {"problem": str(error)}
