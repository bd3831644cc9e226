"""The example workflows in ComfyUI's own front end, in both of its ways to draw nodes."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import workflow
from host_server import HostServer
from in_browser import Browser
from in_front_end import open_workflow, our_errors, show_all
from in_server import (
    RUN_SECONDS,
    WORKFLOWS,
    picture,
    quick_values,
    required_path,
)

pytestmark = [pytest.mark.host, pytest.mark.slow]

MISSING_NODES = """
    app.rootGraph.nodes.map(node => node.type)
       .filter(type => !LiteGraph.registered_node_types[type])
"""

SET_VALUES = """
    async (values) => {
        for (const [type, name, value] of values)
            for (const node of app.rootGraph.nodes.filter(node => node.type === type))
                node.widgets.find(widget => widget.name === name).value = value;
    }
"""


NODES_THAT_SHOW = ("PLACELayoutPreview", "PLACEAlphaPlot", "SaveImage")
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


@pytest.fixture
def loaded(front_end: str, browser: Browser, server: HostServer) -> Callable[[Path], dict]:
    """Drops a workflow file on the canvas of a fresh page; returns its content."""
    return partial(open_workflow, browser, server)


@pytest.mark.main_flow
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
    show_all(browser)
    browser.screenshot(artifacts / f"{file.stem} {front_end}.png")

    assert browser.evaluate(MISSING_NODES) == []
    assert our_errors(browser) == []
    sent = browser.evaluate("app.graphToPrompt().then(both => both.output)")
    assert sent == workflow.to_prompt(graph, server.client.object_info())


@pytest.mark.main_flow
def test_a_run_shows_its_picture_in_the_node(
    front_end: str,
    loaded: Callable[[Path], dict],
    browser: Browser,
    server: HostServer,
    artifacts: Path,
) -> None:
    file = next(file for file in WORKFLOWS if file.stem == "7 What the model sees")
    graph = loaded(file)
    save = next(node["id"] for node in graph["nodes"] if node["type"] == "SaveImage")
    values = quick_values(required_path("PLACE_SEEDED_CHECKPOINT").name)
    browser.function(SET_VALUES, [[*where, value] for where, value in values.items()])
    browser.evaluate("app.queuePrompt(0)")
    browser.wait(ALL_SHOWN, RUN_SECONDS)
    shown = browser.evaluate(f"app.nodeOutputs[{save}].images[0]")
    browser.wait(PICTURE_SHOWN[front_end] % shown["filename"])
    show_all(browser)
    browser.screenshot(artifacts / f"{file.stem} {front_end} run.png")

    assert picture(server.client.fetch(shown)).std() > 1
    assert our_errors(browser) == []
