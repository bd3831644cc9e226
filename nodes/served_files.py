"""Front end and templates of a pack whose folder has a name that ComfyUI does not serve.

The host serves the files of a pack under its folder's name, and its router finds no name that
addresses spell otherwise: with a blank or a letter like é in it there would be no painter.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from yarl import URL

_SERVED = {"/extensions": "js", "/workflow_templates": "workflows"}
"""Where the front end asks → which folder of the pack it asks for."""


def serve_files(pack: Path) -> None:
    """Add routes to ComfyUI's server for what it does not serve of a pack.

    Args:
        pack: the folder of the pack, by the name under which the host found it.
    """
    if _is_served_by_host(pack.name):
        return
    from server import PromptServer

    # As a pattern: fixed parts of a route are compared as they are.
    name = "|".join(map(re.escape, _spellings(pack.name)))
    for address, folder in _SERVED.items():
        route = f"{address}/{{pack:{name}}}/{{file:.+}}"
        PromptServer.instance.routes.get(route)(_files_below(pack / folder))


def _spellings(name: str) -> tuple[str, str]:
    """How a name stands in an address, read by servers of today and of before."""
    url = URL.build(path=f"/{name}")
    return url.path_safe[1:], url.raw_path[1:]


def _is_served_by_host(name: str) -> bool:
    # Braces are the router's own.
    return "{" in name or "}" in name or set(_spellings(name)) == {name}


def _files_below(folder: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    root = folder.resolve()

    async def answer(request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        if "\0" in name:  # no system takes it for a path
            raise web.HTTPNotFound
        file = (root / name).resolve()
        if not file.is_relative_to(root) or not file.is_file():
            raise web.HTTPNotFound
        return web.FileResponse(file)

    return answer
