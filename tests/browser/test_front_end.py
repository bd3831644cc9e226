"""The example workflows in ComfyUI's own front end, in both of its ways to draw nodes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import workflow
from host_server import PACK_NAME, HostServer
from in_browser import Browser
from in_server import (
    RUN_SECONDS,
    WORKFLOWS,
    change_setting,
    picture,
    quick_values,
    read_workflow,
    required_path,
)

pytestmark = [pytest.mark.host, pytest.mark.slow]

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

MISSING_NODES = """
    app.rootGraph.nodes.map(node => node.type)
       .filter(type => !LiteGraph.registered_node_types[type])
"""

SHOW_ALL = """
    async () => {
        const boxes = app.rootGraph.groups.map(group => group.boundingRect ?? group._bounding);
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
    }
"""

SET_VALUES = """
    async (values) => {
        for (const [type, name, value] of values)
            for (const node of app.rootGraph.nodes.filter(node => node.type === type))
                node.widgets.find(widget => widget.name === name).value = value;
    }
"""


NODES_THAT_SHOW = ("PLACESegmentationToLCM", "PLACELayoutPreview", "PLACEAlphaPlot", "SaveImage")
ALL_SHOWN = f"""
    {json.dumps(NODES_THAT_SHOW)}.every(type => app.rootGraph.nodes.some(
        node => node.type === type && app.nodeOutputs[node.id]?.images?.length))
"""

PICTURE_SHOWN = {
    "classic": """app.rootGraph.nodes.some(
        node => node.imgs?.some(image => image.complete && image.src.includes('%s')))""",
    "nodes 2.0": """[...document.querySelectorAll('img')].some(
        image => image.complete && image.naturalWidth && image.src.includes('%s'))""",
}
"""Whether a node shows the picture of a file name."""


def our_errors(browser: Browser) -> list[str]:
    """Errors that name a file of this pack. The front end has some of its own."""
    return [error for error in browser.errors if f"/extensions/{PACK_NAME}/" in error]


@pytest.fixture(scope="module", params=RENDERERS)
def front_end(
    request: pytest.FixtureRequest, browser: Browser, server: HostServer
) -> Iterator[str]:
    """The name of the renderer; the browser shows an empty canvas."""
    change_setting(server, "Comfy.VueNodes.Enabled", RENDERERS[request.param])
    yield request.param


@pytest.fixture
def loaded(front_end: str, browser: Browser, server: HostServer) -> Callable[[Path], dict]:
    """Drops a workflow file on the canvas of a fresh page; returns its content."""

    def load(file: Path) -> dict[str, Any]:
        browser.errors.clear()
        browser.open(server.url, READY)
        # The front end opens the last workflow, or one of its own; nothing may be in the way.
        browser.evaluate("app.rootGraph.clear()")
        browser.wait(EMPTY)
        graph = read_workflow(file)
        browser.drop(file, *POINT)
        browser.wait(f"app.rootGraph.nodes.length === {len(graph['nodes'])}")
        return graph

    return load


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.stem)
def test_a_dropped_workflow_is_what_our_converter_reads(
    file: Path,
    front_end: str,
    loaded: Callable[[Path], dict],
    browser: Browser,
    server: HostServer,
    artifacts: Path,
) -> None:
    graph = loaded(file)
    browser.evaluate(f"({SHOW_ALL})()")
    browser.screenshot(artifacts / f"{file.stem} {front_end}.png")
    sent = browser.evaluate("app.graphToPrompt().then(both => both.output)")

    assert browser.evaluate(MISSING_NODES) == []
    assert our_errors(browser) == []
    assert sent == workflow.to_prompt(graph, server.client.object_info())


def test_a_run_shows_its_picture_in_the_node(
    front_end: str,
    loaded: Callable[[Path], dict],
    browser: Browser,
    server: HostServer,
    artifacts: Path,
) -> None:
    file = next(file for file in WORKFLOWS if file.stem == "place_layout_to_image")
    graph = loaded(file)
    save = next(node["id"] for node in graph["nodes"] if node["type"] == "SaveImage")
    values = quick_values(required_path("PLACE_SEEDED_CHECKPOINT").name)
    browser.function(SET_VALUES, [[*where, value] for where, value in values.items()])
    browser.evaluate("app.queuePrompt(0)")
    browser.wait(ALL_SHOWN, RUN_SECONDS)
    shown = browser.evaluate(f"app.nodeOutputs[{save}].images[0]")
    browser.wait(PICTURE_SHOWN[front_end] % shown["filename"])
    browser.evaluate(f"({SHOW_ALL})()")
    browser.screenshot(artifacts / f"{file.stem} {front_end} run.png")

    assert picture(server.client.fetch(shown)).std() > 1
    assert our_errors(browser) == []
