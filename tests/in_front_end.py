"""ComfyUI's front end, as the browser tests meet it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from host_server import HostServer
from in_browser import Browser
from in_server import change_setting, read_workflow, required_path, running_server

# So that no dialog or overlay lies on the canvas.
_SETTINGS = {"Comfy.TutorialCompleted": True, "Comfy.Minimap.Visible": False}

RENDERERS = {"classic": False, "nodes 2.0": True}
"""Name → value of the setting Comfy.VueNodes.Enabled."""

POINT = (900, 500)
"""A point of the page in the middle of the canvas."""

READY = """
    window.app?.vueAppReady && app.canvas?.graph && app.extensionManager
    && window.LiteGraph?.registered_node_types.PLACEKSampler
    && !document.querySelector('.p-blockui-mask')
    && document.querySelector('#graph-canvas')
"""

EMPTY = f"""
    app.rootGraph.nodes.length === 0
    && document.elementFromPoint({POINT[0]}, {POINT[1]})?.id === 'graph-canvas'
"""


@contextmanager
def running_front_end(
    packs: Mapping[str, Path] | None = None, arguments: Sequence[str] = ()
) -> Iterator[HostServer]:
    """A server of its own, as the browser changes settings."""
    with running_server(required_path("PLACE_COMFYUI_PATH"), packs, arguments) as server:
        quiet_front_end(server)
        yield server


def quiet_front_end(server: HostServer) -> None:
    """The settings with which pages are tested."""
    for name, value in _SETTINGS.items():
        change_setting(server, name, value)


def our_errors(browser: Browser) -> list[str]:
    """Errors that name a file of a pack. The front end has some of its own."""
    return [error for error in browser.errors if re.search("/extensions/(?!core/)", error)]


def use_renderer(browser: Browser, server: HostServer, name: str) -> None:
    """For all pages that are opened from now on; the page that is open is left."""
    browser.open("about:blank", "true")
    change_setting(server, "Comfy.VueNodes.Enabled", RENDERERS[name])


def open_workflow(browser: Browser, server: HostServer, file: Path) -> dict[str, Any]:
    """Drop a workflow on the empty canvas, as a tab of its own; returns its content.

    A page that is open stays: loading one takes longer than most tests.
    """
    browser.errors.clear()
    if not browser.evaluate(f"location.origin === {server.url!r}"):
        browser.open(server.url, READY)
    # The front end opens the last workflow, or one of its own; nothing may be in the way.
    browser.evaluate("app.rootGraph.clear()")
    browser.wait(EMPTY)
    graph = read_workflow(file)
    browser.drop(file, *POINT)
    browser.wait(f"app.rootGraph.nodes.length === {len(graph['nodes'])}")
    return graph


def save_graph(file: Path, nodes: list[dict[str, Any]], links: list[list]) -> Path:
    """Write a workflow of a test's own; returns the file."""
    content = {
        "last_node_id": max(node["id"] for node in nodes),
        "last_link_id": max(link[0] for link in links),
        "nodes": nodes,
        "links": links,
        "groups": [],
        "config": {},
        "extra": {},
        "version": 0.4,
    }
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def look_at_origin(browser: Browser) -> None:
    """Show nodes at (0, 0) in full size, below the front end's own bars."""
    browser.evaluate(
        "app.canvas.ds.scale = 1; app.canvas.ds.offset[0] = 120; app.canvas.ds.offset[1] = 120;"
        "app.canvas.setDirty(true, true);"
    )


def show_all(browser: Browser) -> dict[str, float]:
    """Zoom so that all is on the page; returns its x, y, width and height there."""
    return browser.evaluate(f"({_SHOW_ALL})()")


_SHOW_ALL = """
    async () => {
        const boxes = app.rootGraph.groups.map(group => group.boundingRect ?? group._bounding);
        for (const { pos, size } of app.rootGraph.nodes)
            boxes.push([pos[0], pos[1] - 30, size[0], size[1] + 30]);
        const left = Math.min(...boxes.map(b => b[0])), top = Math.min(...boxes.map(b => b[1]));
        const right = Math.max(...boxes.map(b => b[0] + b[2]));
        const bottom = Math.max(...boxes.map(b => b[1] + b[3]));
        const scale = Math.min(
            1, (innerWidth - 120) / (right - left), (innerHeight - 150) / (bottom - top));
        app.canvas.ds.scale = scale;
        app.canvas.ds.offset[0] = 80 / scale - left;
        app.canvas.ds.offset[1] = 120 / scale - top;
        app.canvas.setDirty(true, true);
        await new Promise(resolve => setTimeout(resolve, 700));
        const canvas = document.querySelector('#graph-canvas').getBoundingClientRect();
        return {
            x: canvas.left + 80, y: canvas.top + 120,
            width: (right - left) * scale, height: (bottom - top) * scale,
        };
    }
"""
