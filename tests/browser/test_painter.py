"""The Layout Painter as a person uses it: with mouse and keys, in ComfyUI's own front end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from drawings import drawing, painted_class
from host_server import HostServer
from in_browser import Browser
from in_front_end import READY
from in_painter import small
from in_server import RUN_SECONDS, picture
from place_core.painted import read_drawing

pytestmark = [pytest.mark.host, pytest.mark.slow]

SKY, SEA = painted_class(1, "sky", "#06e6e6"), painted_class(2, "sea", "#0907e6")
Z = ("z", 90)
SECONDS_OF_A_LARGE_DRAWING = 30.0


@pytest.mark.main_flow
def test_from_an_empty_canvas_to_a_layout_that_is_still_there_tomorrow(
    show, browser: Browser, server: HostServer, artifacts: Path, front_end: str
) -> None:
    (painter,) = show("")
    painter.add_class("sky")
    painter.stroke((0.1, 0.2), (0.5, 0.2), (0.9, 0.2))
    painter.add_class("my own <i>thing</i>")
    painter.stroke((0.2, 0.7), (0.8, 0.7))
    painted = painter.indices
    browser.key(*Z, control=True)
    undone = painter.indices
    browser.key("y", 89, control=True)
    browser.screenshot(artifacts / f"painter {front_end}.png")

    assert set(np.unique(painted)) == {0, 1, 2}
    assert set(np.unique(undone)) == {0, 1}
    np.testing.assert_array_equal(painter.indices, painted)
    assert painter.names == ["sky", "my own <i>thing</i>"]

    browser.evaluate("app.queuePrompt(0)")
    browser.wait("app.nodeOutputs[2]?.images?.length", RUN_SECONDS)
    shown = browser.evaluate("app.nodeOutputs[2].images[0]")
    assert picture(server.client.fetch(shown)).std() > 1

    stored = painter.value
    # The front end keeps what is open, but not at once.
    browser.wait("Object.values({...sessionStorage, ...localStorage}).join().includes('version')")
    browser.evaluate("new Promise(resolve => setTimeout(resolve, 1500))")
    browser.reload(READY)
    painter.wait()
    assert painter.value == stored
    np.testing.assert_array_equal(painter.indices, painted)


@pytest.mark.main_flow
def test_the_graph_undoes_strokes_too(show, browser: Browser) -> None:
    (painter,) = show(small(SKY, SEA))
    before = painter.indices
    painter.stroke((0.2, 0.9), (0.8, 0.9))
    assert (painter.indices != before).any()

    tracker = "app.extensionManager.workflow.activeWorkflow.changeTracker"
    browser.evaluate(f"{tracker}.undo()")
    painter.wait()
    np.testing.assert_array_equal(painter.indices, before)


def test_edges_are_hard(show) -> None:
    (painter,) = show(small(SKY, SEA))
    painter.stroke((0.2, 0.2), (0.7, 0.8))

    assert set(np.unique(painter.indices)) == {0, 1}


def test_a_mouse_released_outside_ends_the_stroke(show, browser: Browser) -> None:
    (painter,) = show(small(SKY))
    browser.press(*painter.at(0.1, 0.75))
    browser.move(*painter.at(0.3, 0.75), held=True)
    outside = (1800, 60)
    browser.move(*outside, held=True)
    browser.release(*outside)
    ended = painter.indices
    browser.move(*painter.at(0.5, 0.95))
    browser.move(*painter.at(0.9, 0.95))

    assert ended[36, 10] == 1
    np.testing.assert_array_equal(painter.indices, ended)


@pytest.mark.main_flow
def test_two_painters_have_two_drawings(show) -> None:
    one, other = show(small(SKY), small(SEA))
    before = other.value
    one.stroke((0.2, 0.9), (0.8, 0.9))

    assert other.value == before
    assert one.names == ["sky"] and other.names == ["sea"]


@pytest.mark.parametrize("factor", [0.67, 1.5])
def test_the_brush_is_under_the_mouse_at_any_zoom_of_the_browser(
    show, browser: Browser, factor: float
) -> None:
    try:
        browser.zoom(factor)
        (painter,) = show(small(SKY))
        painter.stroke((0.25, 0.75), (0.25, 0.75))
        rows, columns = np.nonzero(painter.indices[26:])
    finally:
        browser.call("Emulation.clearDeviceMetricsOverride")

    assert abs(columns.mean() + 0.5 - 16) < 1
    assert rows.size


DAMAGED = {
    "no drawing": "{'version': 1",
    "another version": small(SKY).replace('"version": 2', '"version": 7'),
    "a cut picture": small(SKY).replace('"png": "', '"png": "AAAA'),
    "an unknown class": drawing(np.full((8, 8), 9, np.uint8), [SKY]),
}


@pytest.mark.parametrize("value", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_drawing_is_kept_until_somebody_paints(show, value: str) -> None:
    (painter,) = show(value)
    assert painter.problem
    assert painter.value == value

    painter.add_class("sky")
    painter.stroke((0.2, 0.2), (0.8, 0.2))
    assert painter.problem == ""
    assert 1 in painter.indices


TREE, ROAD = painted_class(5, "tree", "#04c803"), painted_class(1, "road", "#8c8c8c")


@pytest.mark.parametrize(("version", "numbers"), [(2, ["5", "1", "2"]), (1, ["4", "0", "1"])])
def test_a_class_has_one_number_in_the_list_for_its_key_and_in_the_layout(
    show, browser: Browser, version: int, numbers: list[str]
) -> None:
    (painter,) = show(json.dumps({**json.loads(small(TREE, ROAD)), "version": version}))
    painter.add_class("sky")
    assert painter.names == ["tree", "road", "sky"]
    assert painter.numbers == numbers

    browser.click(*painter.at(0.9, 0.9))
    for name, number in zip(painter.names, numbers, strict=True):
        browser.key(number, ord(number))
        assert painter.chosen == name
    layout = read_drawing(painter.value)
    assert {c.name: str(c.id) for c in layout.classes} == dict(
        zip(painter.names, numbers, strict=True)
    )


NAMES = ["<img src=x onerror=window.harmed=1>", "\"quoted\" & 'so'", "🌳🏠", "שמיים", "a = b # c"]


def test_names_are_text_and_never_markup(
    show, browser: Browser, artifacts: Path, front_end
) -> None:
    classes = [painted_class(i, name, f"#{i:02x}80f0") for i, name in enumerate(NAMES, 1)]
    (painter,) = show(small(*classes))
    browser.screenshot(artifacts / f"painter names {front_end}.png")

    assert painter.names == NAMES
    images = f"[...{painter.root}.querySelectorAll('img:not(.place-painter-reference)')].length"
    assert browser.evaluate(images) == 0
    assert browser.evaluate("window.harmed") is None


def test_the_largest_drawing_with_all_classes_can_be_painted_on(
    show, browser: Browser, artifacts: Path, front_end: str
) -> None:
    count, side = 182, 4096
    classes = [
        painted_class(i, f"class {i}", f"#{i:02x}{255 - i:02x}40") for i in range(1, count + 1)
    ]
    rows = np.arange(side)[:, None] // 256 * 16 + np.arange(side)[None] // 256
    indices = (rows % count + 1).astype(np.uint8)
    (painter,) = show(drawing(indices, classes))
    assert len(painter.names) == count

    painter.stroke((0.1, 0.5), (0.9, 0.5))
    browser.screenshot(artifacts / f"painter large {front_end}.png")
    changed = painter.indices != indices
    assert 0 < changed.sum() < side * side / 4


@pytest.mark.main_flow
def test_keys_are_shortcuts_as_soon_as_a_class_is_added(show, browser: Browser) -> None:
    (painter,) = show(small(SKY))
    painter.add_class("my own thing")
    for key, code in [("e", 69), ("1", 49)]:
        browser.key(key, code)
    chosen = "[aria-pressed=true]"
    tool = f"{painter.root}.querySelector('[data-icon]{chosen}').dataset.icon"
    number = f"{painter.root}.querySelector('.place-painter-number{chosen}').textContent"

    assert browser.evaluate(tool) == "eraser"
    assert browser.evaluate(number) == "1"
    assert painter.names == ["sky", "my own thing"]

    browser.click(*painter.middle(".place-painter-search input"))
    browser.type("tree")
    browser.click(*painter.middle(".place-painter-search li"))
    browser.key("b", 66)
    assert browser.evaluate(tool) == "brush"
    assert painter.names[2:] == ["tree"]


@pytest.fixture
def fingers(browser: Browser) -> Iterator[Callable[..., None]]:
    """A touch screen, and fingers on it."""
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)
    yield browser.fingers
    browser.call("Emulation.setTouchEmulationEnabled", enabled=False)


GRAPH_VIEW = "[app.canvas.ds.scale, ...app.canvas.ds.offset]"


@pytest.mark.main_flow
def test_two_fingers_zoom_the_drawing_and_not_the_graph(show, browser: Browser, fingers) -> None:
    (painter,) = show(small(SKY))
    before, graph = painter.value, browser.evaluate(GRAPH_VIEW)
    x, y = painter.middle(".place-painter-view")
    left, right = painter.at(0.25, 0.5), painter.at(0.75, 0.5)
    spans = [[(x - d, y), (x + d, y)] for d in (40, 50, 60, 80)]
    fingers([(x - 40, y)], *spans)
    wider = (painter.at(0.75, 0.5)[0] - painter.at(0.25, 0.5)[0]) / (right[0] - left[0])

    assert wider == pytest.approx(2, rel=0.05)
    assert browser.evaluate(GRAPH_VIEW) == graph
    assert painter.value == before

    # The host is in order too: it still zooms where the fingers are on the graph.
    beside = (x + 600, y)
    fingers([beside], *([beside, (beside[0] + d, y + d)] for d in (60, 80, 100, 120)))
    assert browser.evaluate(GRAPH_VIEW)[0] != graph[0]


@pytest.mark.main_flow
def test_a_finger_paints_and_leaves_the_graph(show, browser: Browser, fingers) -> None:
    (painter,) = show(small(SKY))
    graph = browser.evaluate(GRAPH_VIEW)
    fingers(*([painter.at(x, 0.8)] for x in (0.2, 0.3, 0.5, 0.7)))

    assert (painter.indices[38, 12:44] == 1).all()
    assert browser.evaluate(GRAPH_VIEW) == graph


HOSTILE = """
    *, *::before, *::after {
        box-sizing: content-box; margin: 3px; padding: 5px; border: 2px solid red;
        letter-spacing: 4px; line-height: 3; transition: all 1s;
    }
    canvas, img, svg { max-width: 60px !important; max-height: 60px !important; }
    canvas, img { height: auto !important; border: 4px solid red !important; }
    svg, path { fill: red; stroke: none; }
    button { width: 100%; height: 60px; text-transform: uppercase; display: block; float: right; }
    button:hover, button:focus { transform: scale(2); box-shadow: 0 0 9px red; }
    input, select, textarea { width: 100%; height: 50px; display: block; font-size: 30px; }
    input[type=text], input[type=number] { width: 100%; box-shadow: 0 0 9px red; }
    div, section, label, span, output { display: inline-block; max-width: 50px; float: left; }
    div { transform: rotate(2deg); position: static; overflow: visible; }
    ul, li, p { display: inline; list-style: disc; text-align: right; font-size: 40px; }
"""
"""As other packs have them for the whole page, and worse."""

INJECT = """
    (css) => {
        const style = document.head.appendChild(document.createElement('style'));
        style.id = 'hostile';
        style.textContent = css;
        // The same weight, but the host shall live: only within painters.
        for (const rule of style.sheet.cssRules) {
            rule.selectorText = rule.selectorText.split(',').map(
                selector => `:where(.place-painter) ${selector.trim()}`).join();
        }
    }
"""


@pytest.mark.main_flow
def test_styles_that_others_have_for_the_whole_page_change_nothing(
    show, browser: Browser, artifacts: Path, front_end: str
) -> None:
    (painter,) = show(small(SKY, SEA))
    browser.move(*painter.middle(".place-painter-view"))
    boxes = f"""[...{painter.root}.querySelectorAll('*')].map(element => {{
        const {{ x, y, width, height }} = element.getBoundingClientRect();
        return [`${{element.tagName}} ${{element.getAttribute('class')}}`,
            ...[x, y, width, height].map(value => Math.round(10 * value) / 10)];
    }})"""
    before = browser.evaluate(boxes)
    browser.function(INJECT, HOSTILE)
    try:
        browser.evaluate("new Promise(resolve => setTimeout(resolve, 1500))")
        after = browser.evaluate(boxes)
        painter.stroke((0.25, 0.75), (0.25, 0.75))
        ring = painter.middle(".place-painter-overlay circle")
        rows, columns = np.nonzero(painter.indices[26:])
        browser.screenshot(artifacts / f"painter among hostile styles {front_end}.png")
    finally:
        browser.evaluate("document.querySelector('#hostile').remove()")

    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert changed == []
    assert ring == pytest.approx(painter.at(0.25, 0.75), abs=1)
    assert abs(columns.mean() + 0.5 - 16) < 1
    assert rows.size
