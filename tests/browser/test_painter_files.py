"""Files, size and rows of the Layout Painter, with mouse and keys in ComfyUI's own front end."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from drawings import drawing, painted_class
from host_server import HostServer
from in_browser import Browser
from in_front_end import look_at_origin, open_workflow, save_graph
from in_painter import ENTER, Painter, graph, small
from in_server import change_setting
from place_core.map_file import read_map_file
from place_core.painted import read_drawing

pytestmark = [pytest.mark.host, pytest.mark.slow]

SKY, SEA = painted_class(1, "sky", "#06e6e6"), painted_class(2, "sea", "#0907e6")
BOAT = painted_class(3, "boat", "#ff9900")
MAP = Path(__file__).parents[2] / "workflows" / "inputs" / "place_example_map.png"
DOWN, UP, ESCAPE = ("ArrowDown", 40), ("ArrowUp", 38), ("Escape", 27)
SECONDS_OF_AN_IMPORT = 60.0


def text_of(painter: Painter, selector: str) -> str:
    return painter.browser.evaluate(
        f"{painter.root}.querySelector({json.dumps(selector)}).textContent"
    )


def is_shown(painter: Painter, selector: str) -> bool:
    return painter.browser.evaluate(
        f"{painter.root}.querySelector({json.dumps(selector)}).checkVisibility()"
    )


def choose(painter: Painter, selector: str, value: str) -> None:
    """Of a list, whose own window no DevTools protocol can click in."""
    painter.browser.function(
        """(selector, value) => {
            const list = document.querySelector(selector);
            list.value = value;
            list.dispatchEvent(new Event('change', { bubbles: true }));
        }""",
        f".place-painter {selector}",
        value,
    )


def drop(painter: Painter, file: Path) -> None:
    painter.browser.drop(file, *painter.at(0.5, 0.5))
    notice = f"{painter.root}.querySelector('.place-painter-notice')"
    painter.browser.wait(f"!{notice}.hidden", SECONDS_OF_AN_IMPORT)


NOTICE = ".place-painter-notice-text"


def test_a_jpeg_map_is_read_as_segmentation_to_lcm_does_and_can_be_painted_on(
    show, browser: Browser, tmp_path: Path, artifacts: Path, front_end: str
) -> None:
    file = tmp_path / "harbor.jpg"
    Image.open(MAP).convert("RGB").save(file, quality=60)
    (painter,) = show(small(SKY))
    before = painter.indices
    drop(painter, file)
    browser.screenshot(artifacts / f"painter import {front_end}.png")

    expected = read_map_file(file.read_bytes())
    assert painter.names == [c.name for c in expected.classes]
    np.testing.assert_array_equal(painter.indices, expected.labels)
    line = text_of(painter, NOTICE)
    assert line.startswith(f"harbor.jpg: ADE20K colors, {len(expected.classes)} classes · ")
    assert line.endswith("% edge pixels given to neighbors") or "of no known color" in line

    painter.stroke((0.2, 0.9), (0.8, 0.9))
    assert (painter.indices != expected.labels).any()
    assert not is_shown(painter, NOTICE)
    painter.press_key("z", 90, control=True)
    painter.press_key("z", 90, control=True)
    np.testing.assert_array_equal(painter.indices, before)


def test_a_photograph_is_named_and_the_artist_chooses(
    show, browser: Browser, tmp_path: Path, artifacts: Path, front_end: str
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)
    file = tmp_path / "beach.jpg"
    Image.fromarray(noise).resize((256, 192), Image.BICUBIC).save(file, quality=90)
    (painter,) = show(small(SKY))
    before = painter.value
    drop(painter, file)
    browser.screenshot(artifacts / f"painter photograph {front_end}.png")

    assert "beach.jpg looks like a photograph" in text_of(painter, NOTICE)
    assert painter.value == before
    count = ".place-painter-notice input"
    browser.click(*painter.middle(count))
    browser.key("a", 65, control=True)
    browser.type("5")
    browser.click(*painter.middle(".place-painter-notice > button"))
    browser.wait(f"{painter.root}.querySelectorAll('.place-painter-name').length === 5", 30)
    assert set(np.unique(painter.indices)) == {1, 2, 3, 4, 5}

    browser.click(*painter.middle(count))
    browser.key("a", 65, control=True)
    browser.type("3")
    browser.key("Tab", 9)
    browser.wait(f"{painter.root}.querySelectorAll('.place-painter-name').length === 3", 30)


def test_numbers_can_be_read_as_those_of_a_table(show, browser: Browser, tmp_path: Path) -> None:
    values = np.repeat(np.array([0, 3, 7], np.uint8), 30)[None].repeat(80, 0)
    file = tmp_path / "annotation.png"
    Image.fromarray(values).save(file)
    (painter,) = show("")
    drop(painter, file)
    assert painter.numbers == ["3", "7"]
    np.testing.assert_array_equal(painter.indices, values)

    choose(painter, ".place-painter-notice select", "ade20kNumbers")
    browser.wait(f"{painter.root}.querySelector('.place-painter-name').value === 'sky'", 30)
    assert painter.names == ["sky", "road"]


def test_a_drawing_that_is_exported_comes_back_as_it_was(show, browser: Browser, tmp_path) -> None:
    indices = np.random.default_rng(0).integers(0, 4, (48, 64), np.uint8)
    mine = painted_class(3, "my own", "#000000")
    (painter,) = show(drawing(indices, [SKY, SEA, mine]))
    browser.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    before = painter.indices

    def save(item: str, name: str) -> None:
        browser.click(*painter.middle("[data-menu=file] button"))
        browser.click(*painter.middle(f"[data-item={item}]"))
        wait_for(tmp_path / name)

    save("saveColors", "layout_colors.png")
    save("saveIndex", "layout_index.png")
    drop(painter, tmp_path / "layout_colors.png")
    # Colors have no numbers, so their classes are counted by size.
    colors = {c["index"]: c["color"] for c in json.loads(painter.value)["classes"]} | {0: ""}
    wanted = {0: "", 1: "#06e6e6", 2: "#0907e6", 3: "#000000"}
    found = np.vectorize(colors.get)(painter.indices)
    np.testing.assert_array_equal(found, np.vectorize(wanted.get)(before))
    assert set(painter.names) - {"sky", "sea"} <= {"class 1", "class 2", "class 3"}

    drop(painter, tmp_path / "layout_index.png")
    np.testing.assert_array_equal(painter.indices, before)
    assert painter.names == ["sky", "sea", "class 3"]


def wait_for(file: Path) -> None:
    for _ in range(100):
        if file.exists() and file.stat().st_size:
            return
        time.sleep(0.1)
    raise AssertionError(f"{file} was not saved")


def test_the_file_menu_is_there_for_keys(show, browser: Browser, artifacts, front_end) -> None:
    (painter,) = show(small(SKY))
    active = "document.activeElement.dataset.item ?? document.activeElement.className"
    browser.evaluate(f"{painter.root}.querySelector('[data-menu=file] button').focus()")
    browser.key(" ", 32)
    assert browser.evaluate(active) == "openMap"
    browser.screenshot(artifacts / f"painter menu {front_end}.png")
    browser.key(*DOWN)
    browser.key(*DOWN)
    # There is no reference to remove.
    assert browser.evaluate(active) == "saveColors"
    browser.key(*UP)
    assert browser.evaluate(active) == "reference"
    browser.key("s", 83)
    assert browser.evaluate(active) == "saveColors"
    browser.key("End", 35)
    assert browser.evaluate(active) == "saveIndex"
    browser.key(*ESCAPE)
    assert not is_shown(painter, "[role=menu]")
    assert browser.evaluate("app.rootGraph.nodes.length") == 2

    browser.click(*painter.middle("[data-menu=file] button"))
    assert is_shown(painter, "[role=menu]")
    browser.click(*painter.at(0.5, 0.9))
    assert not is_shown(painter, "[role=menu]")


def test_the_size_changes_as_the_artist_chooses(
    show, browser: Browser, artifacts: Path, front_end: str
) -> None:
    indices = np.full((40, 60), 1, np.uint8)
    indices[:, 30:] = 2
    (painter,) = show(drawing(indices, [SKY, SEA]))

    def resized(fit: str) -> np.ndarray:
        browser.click(*painter.middle("[data-menu=size] button"))
        browser.key("a", 65, control=True)
        browser.type("40")
        browser.click(*painter.middle(f"input[value={fit}]"))
        if fit == "crop":
            browser.screenshot(artifacts / f"painter size {front_end}.png")
        browser.click(*painter.middle(".place-painter-sizes > button"))
        assert text_of(painter, "[data-menu=size] button").startswith("40×40")
        found = painter.indices
        painter.press_key("z", 90, control=True)
        np.testing.assert_array_equal(painter.indices, indices)
        return found

    stretched, cropped, extended = resized("stretch"), resized("crop"), resized("extend")
    unscaled = resized("canvas")
    assert (stretched[:, :20] == 1).all() and (stretched[:, 20:] == 2).all()
    assert (cropped[:, :20] == 1).all() and (cropped[:, 20:] == 2).all()
    np.testing.assert_array_equal(cropped, unscaled)
    assert (extended[:6] == 0).all() and (extended[-6:] == 0).all()
    assert (extended[7:33] > 0).all()

    browser.click(*painter.middle("[data-menu=size] button"))
    browser.click(*painter.middle(".place-painter-sizes > label input"))
    browser.click(*painter.middle(".place-painter-sizes input[type=number]"))
    browser.key("a", 65, control=True)
    browser.type("120")
    browser.key(*ENTER)
    assert text_of(painter, "[data-menu=size] button").startswith("120×80")
    assert (painter.indices > 0).all()


def test_the_size_of_the_empty_latent_is_offered(
    front_end: str, browser: Browser, server: HostServer, tmp_path: Path
) -> None:
    content = json.loads(graph(tmp_path, small(SKY)).read_text())
    layout, preview = content["nodes"]

    def node(number: int, kind: str, inputs: list, outputs: list, values: list) -> dict:
        return layout | {
            "id": number,
            "type": kind,
            "pos": [700, 160 * number],
            "size": [300, 140],
            "inputs": [{"name": n, "type": t, "link": link} for n, t, link in inputs],
            "outputs": [{"name": t, "type": t, "links": links} for t, links in outputs],
            "widgets_values": values,
        }

    nodes = [
        layout | {"outputs": [layout["outputs"][0] | {"links": [2]}, layout["outputs"][1]]},
        preview,
        node(
            5,
            "PLACEPromptEncoder",
            [("clip", "CLIP", None), ("layout", "PLACE_LAYOUT", 2)],
            [("CONDITIONING", [3])],
            ["", ""],
        ),
        node(6, "EmptyLatentImage", [], [("LATENT", [4])], [832, 448, 1]),
        node(
            7,
            "KSampler",
            [
                ("model", "MODEL", None),
                ("positive", "CONDITIONING", 3),
                ("negative", "CONDITIONING", None),
                ("latent_image", "LATENT", 4),
            ],
            [("LATENT", [])],
            [0, "fixed", 4, 2.0, "euler", "normal", 1.0],
        ),
    ]
    links = [
        *content["links"],
        [2, 1, 0, 5, 1, "PLACE_LAYOUT"],
        [3, 5, 0, 7, 1, "CONDITIONING"],
        [4, 6, 0, 7, 3, "LATENT"],
    ]
    open_workflow(browser, server, save_graph(tmp_path / "with latent.json", nodes, links))
    look_at_origin(browser)
    painter = Painter(browser)
    painter.wait()
    browser.click(*painter.middle("[data-menu=size] button"))
    browser.wait(f"{painter.root}.querySelector('.place-painter-sizes option[value=\"832x448\"]')")
    choose(painter, ".place-painter-sizes select", "832x448")
    browser.click(*painter.middle(".place-painter-sizes > button"))
    assert painter.indices.shape == (448, 832)


def test_rows_can_be_put_in_another_order_by_mouse_and_keys(show, browser: Browser) -> None:
    (painter,) = show(small(SKY, SEA, BOAT))
    meaning = read_drawing(painter.value)
    sent = json.loads(painter.value)
    grip = ".place-painter-class[data-index='3'] .place-painter-grip"
    x, y = painter.middle(grip)
    _, top = painter.middle(".place-painter-class[data-index='1'] .place-painter-grip")
    browser.drag((x, y), (x, (y + top) / 2), (x, top - 12))
    assert painter.names == ["boat", "sky", "sea"]
    assert painter.numbers == ["3", "1", "2"]

    browser.evaluate(f"{painter.root}.querySelector({json.dumps(grip)}).focus()")
    browser.key(*DOWN)
    browser.key(*DOWN)
    assert painter.names == ["sky", "sea", "boat"]
    browser.key(*UP)
    assert painter.names == ["sky", "boat", "sea"]
    assert read_drawing(painter.value).classes == meaning.classes
    assert json.loads(painter.value)["classes"] == sent["classes"]

    stored = "app.rootGraph.getNodeById(1).widgets.find(w => w.name === 'drawing').value"
    names = [c["name"] for c in json.loads(browser.evaluate(stored))["classes"]]
    assert names == ["sky", "boat", "sea"]
    painter.press_key("z", 90, control=True)
    assert painter.names == ["sky", "sea", "boat"]


def test_hiding_a_class_changes_nothing_but_the_view(show, browser: Browser) -> None:
    (painter,) = show(small(SKY, SEA))
    before = painter.value
    nodes = "app.graph.serialize().nodes.sort((a, b) => a.id - b.id)"
    graphs = f"JSON.stringify({nodes}.map(({{order, ...node}}) => node))"
    graph_before = browser.evaluate(graphs)
    browser.evaluate(
        "(async () => {const {api} = await import('/scripts/api.js'); window.changes = 0;"
        " api.addEventListener('graphChanged', () => window.changes++);})()"
    )
    eye = ".place-painter-class[data-index='1'] [data-icon=shown]"
    browser.click(*painter.middle(eye))
    browser.evaluate("new Promise(resolve => setTimeout(resolve, 1000))")

    assert browser.evaluate("window.changes") == 0
    assert browser.evaluate(graphs) == graph_before
    assert painter.value == before
    canvas = f"{painter.root}.querySelector('.place-painter-map').getContext('2d')"
    assert browser.evaluate(f"{canvas}.getImageData(5, 5, 1, 1).data[3]") == 0

    painter.stroke((0.2, 0.9), (0.8, 0.9))
    assert not any(c["hidden"] for c in json.loads(painter.value)["classes"])
    stored = "app.rootGraph.getNodeById(1).widgets.find(w => w.name === 'drawing').value"
    assert json.loads(browser.evaluate(stored))["classes"][0]["hidden"]


@pytest.mark.parametrize("palette", ["dark", "light"])
def test_the_default_size_leaves_the_room_to_the_drawing(
    front_end: str,
    browser: Browser,
    server: HostServer,
    tmp_path: Path,
    artifacts: Path,
    palette: str,
) -> None:
    change_setting(server, "Comfy.ColorPalette", palette)
    try:
        browser.open("about:blank", "true")
        for name, value in (("empty", ""), ("classes", small(SKY, SEA, BOAT))):
            open_workflow(browser, server, graph(tmp_path, value))
            look_at_origin(browser)
            painter = Painter(browser)
            painter.wait()
            file = artifacts / f"painter default {name} {palette} {front_end}.png"
            browser.screenshot(file)
            bar, view, root = browser.evaluate(
                "['.place-painter-toolbar', '.place-painter-view', '.place-painter-status']"
                f".map(s => {painter.root}.querySelector(s).getBoundingClientRect().height)"
            )
            assert bar < 62, "two rows at most"
            assert view > 6 * bar
            if not value:
                assert_hint_is_inside(painter)
    finally:
        change_setting(server, "Comfy.ColorPalette", "dark")
        browser.open("about:blank", "true")


def assert_hint_is_inside(painter: Painter) -> None:
    parts = "[...r.querySelectorAll('.place-painter-hint > *')]"
    boxes = (
        f"[r.querySelector('.place-painter-view'), ...{parts}].map(e => e.getBoundingClientRect())"
    )
    sides = "b => [b.left, b.top, b.right, b.bottom]"
    view, *hints = painter.browser.evaluate(f"(r => {boxes}.map({sides}))({painter.root})")
    assert hints
    for left, top, right, bottom in hints:
        assert view[0] <= left and view[1] <= top and right <= view[2] and bottom <= view[3]


@pytest.mark.parametrize("size", [(340, 460), (420, 900), (1100, 480)])
def test_the_hint_of_an_empty_drawing_is_inside_at_any_size_and_zoom(
    show, browser: Browser, size: tuple[int, int]
) -> None:
    (painter,) = show("")
    browser.evaluate(
        f"app.rootGraph.getNodeById(1).setSize({list(size)}); app.canvas.setDirty(1, 1)"
    )
    for zoom in (1.0, 0.6, 1.6):
        browser.evaluate(f"app.canvas.ds.scale = {zoom}; app.canvas.setDirty(true, true)")
        browser.evaluate("new Promise(resolve => setTimeout(resolve, 700))")
        assert_hint_is_inside(painter)
