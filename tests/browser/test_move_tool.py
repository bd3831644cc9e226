"""Moving, scaling and copying what is drawn, as a person does: with mouse, fingers and keys."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from drawings import drawing, indices_of, painted_class
from host_server import HostServer
from in_browser import ALT, CONTROL, SHIFT, Browser
from in_front_end import open_workflow, our_errors
from in_painter import Painter
from in_server import WORKFLOWS

pytestmark = [pytest.mark.host, pytest.mark.slow]

SEA, BOAT, SUN = (
    painted_class(1, "sea", "#0907e6"),
    painted_class(2, "boat", "#ff00c0"),
    painted_class(3, "sun", "#ffd600"),
)
V, Z, ESCAPE = ("v", 86), ("z", 90), ("Escape", 27)


def bay() -> np.ndarray:
    """Sea 64×48 with a sun and two boats, 8×6 and 4×4; the larger one has a notch."""
    indices = np.full((48, 64), 1, np.uint8)
    indices[4:12, 44:56] = 3
    indices[20:26, 10:18] = 2
    indices[20:22, 10:13] = 1
    indices[36:40, 50:54] = 2
    return indices


def region(indices: np.ndarray, index: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a class."""
    rows, columns = np.nonzero(indices == index)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.fixture
def painter(show, browser: Browser) -> Painter:
    """A painter of the bay with the tool that moves."""
    (painter,) = show(drawing(bay(), [SEA, BOAT, SUN]))
    painter.press_key(*V)
    return painter


def pull(painter: Painter, *points: tuple[float, float], modifiers: int = 0) -> np.ndarray:
    """Drag from pixel to pixel; what the drawing is then."""
    painter.browser.drag(*(painter.pixel(*point) for point in points), modifiers=modifiers)
    return painter.indices


@pytest.mark.main_flow
def test_move_the_boat_of_the_first_workflow(
    front_end: str, browser: Browser, server: HostServer, artifacts: Path
) -> None:
    graph = open_workflow(browser, server, WORKFLOWS[0])
    node = next(node["id"] for node in graph["nodes"] if node["type"] == "PLACELayoutPainter")
    painter = Painter(browser, node)
    painter.show()
    before = painter.indices
    boat, sea = painter.index_of("boat"), painter.index_of("sea")
    x, y = painter.inside("boat")

    painter.press_key(*V)
    browser.screenshot(artifacts / f"move the boat, before {front_end}.png")
    browser.press(*painter.pixel(x, y))
    browser.move(*painter.pixel(x + 6, y + 6), held=True)
    browser.move(*painter.pixel(x + 20, y + 8), held=True)
    browser.screenshot(artifacts / f"move the boat, while dragging {front_end}.png")
    browser.release(*painter.pixel(x + 20, y + 8))
    browser.screenshot(artifacts / f"move the boat, after {front_end}.png")

    prompt = browser.evaluate("app.graphToPrompt().then(prompt => prompt.output)")
    drawings = [n["inputs"] for n in prompt.values() if n["class_type"] == "PLACELayoutPainter"]
    moved = indices_of(drawings[0]["drawing"])
    is_boat = before == boat
    expected = np.zeros_like(is_boat)
    expected[8:, 20:] = is_boat[:-8, :-20]
    np.testing.assert_array_equal(moved == boat, expected)
    gap = is_boat & ~expected
    assert (moved[gap] == sea).all()
    np.testing.assert_array_equal(moved[~is_boat & ~expected], before[~is_boat & ~expected])

    browser.key(*Z, control=True)
    np.testing.assert_array_equal(painter.indices, before)
    browser.key(*Z, control=True)
    np.testing.assert_array_equal(painter.indices, before)
    assert our_errors(browser) == []


@pytest.mark.main_flow
def test_keys_held_mean_all_of_the_class_a_straight_way_or_a_copy(
    painter: Painter, browser: Browser
) -> None:
    whole = pull(painter, (15.5, 23.5), (16.5, 25.5), modifiers=CONTROL)
    assert region(whole, 2) == (11, 22, 55, 42)
    browser.key(*Z, control=True)

    browser.key(*ESCAPE)
    straight = pull(painter, (15.5, 23.5), (25.5, 25.5), modifiers=SHIFT)
    assert region(straight[:30], 2) == (20, 20, 28, 26)
    browser.key(*Z, control=True)

    copied = pull(painter, (15.5, 23.5), (25.5, 23.5), modifiers=ALT)
    assert (copied == 2).sum() == (bay() == 2).sum() + 42
    browser.key(*Z, control=True)
    np.testing.assert_array_equal(painter.indices, bay())


def test_a_handle_scales_from_the_original_pixels(
    painter: Painter, browser: Browser, artifacts: Path, front_end: str
) -> None:
    browser.click(*painter.pixel(15.5, 23.5))
    large = pull(painter, (18, 26), (26, 32))
    browser.screenshot(artifacts / f"a boat scaled {front_end}.png")
    notched = bay()[20:26, 10:18].repeat(2, 0).repeat(2, 1)
    np.testing.assert_array_equal(large[20:32, 10:26], notched)

    small = pull(painter, (26, 32), (12, 21))
    assert (small[:30] == 2).sum() <= 2
    again = pull(painter, (12, 21), (26, 32))
    np.testing.assert_array_equal(again, large)

    square = pull(painter, (26, 32), (34, 33), modifiers=SHIFT)
    assert region(square[:, :40], 2) == (10, 20, 34, 38)


def test_a_region_dragged_half_outside_comes_back(painter: Painter) -> None:
    outside = pull(painter, (15.5, 23.5), (3.5, 23.5))
    assert region(outside[:30], 2) == (0, 20, 6, 26)
    back = pull(painter, (3.5, 23.5), (15.5, 23.5))

    np.testing.assert_array_equal(back, bay())


def test_what_is_covered_comes_back_while_the_region_is_selected(painter: Painter) -> None:
    covering = pull(painter, (15.5, 23.5), (50.5, 8.5))
    assert (covering == 3).sum() < (bay() == 3).sum()
    np.testing.assert_array_equal(pull(painter, (50.5, 8.5), (15.5, 23.5)), bay())


def test_arrows_move_by_pixels_and_delete_removes(painter: Painter, browser: Browser) -> None:
    browser.click(*painter.pixel(15.5, 23.5))
    browser.key("ArrowRight", 39)
    browser.key("ArrowDown", 40, shift=True)
    assert region(painter.indices[:36], 2) == (11, 30, 19, 36)
    browser.key("Delete", 46)
    assert (painter.indices == 2).sum() == 16
    assert browser.evaluate("app.rootGraph.getNodeById(1) !== null")
    for _ in range(3):
        browser.key(*Z, control=True)
    np.testing.assert_array_equal(painter.indices, bay())


def test_escape_gives_up_a_drag(painter: Painter, browser: Browser) -> None:
    browser.press(*painter.pixel(15.5, 23.5))
    browser.move(*painter.pixel(30.5, 30.5), held=True)
    browser.key(*ESCAPE)
    browser.release(*painter.pixel(30.5, 30.5))

    np.testing.assert_array_equal(painter.indices, bay())
    undo = f"{painter.root}.querySelector('[data-icon=undo]').disabled"
    assert browser.evaluate(undo)


def test_the_gap_may_be_void(painter: Painter, browser: Browser) -> None:
    option = '[data-option="fillsGap"] input'
    browser.click(*painter.middle(option))
    moved = pull(painter, (15.5, 23.5), (35.5, 23.5))

    assert (moved == 0).sum() == (bay()[:30] == 2).sum()
    painter.press_key("b", 66)
    assert browser.evaluate(f"{painter.root}.querySelector('{option}').offsetWidth") == 0


def test_it_is_under_the_mouse_in_a_view_that_is_zoomed_and_moved(
    painter: Painter, browser: Browser
) -> None:
    for _ in range(3):
        browser.click(*painter.middle("[data-icon=zoomIn]"))
    browser.evaluate("app.canvas.ds.scale = 0.8; app.canvas.setDirty(true, true)")
    browser.evaluate("new Promise(resolve => setTimeout(resolve, 500))")
    moved = pull(painter, (17.5, 23.5), (27.5, 26.5))

    assert region(moved[:32], 2) == (20, 23, 28, 29)


@pytest.mark.main_flow
def test_a_finger_moves_it(painter: Painter, browser: Browser) -> None:
    points = [(15.5, 23.5), (17.5, 24.5), (25.5, 26.5)]
    browser.call("Emulation.setTouchEmulationEnabled", enabled=True, maxTouchPoints=5)
    try:
        browser.fingers(*([painter.pixel(*point)] for point in points))
        moved = painter.indices
    finally:
        browser.call("Emulation.setTouchEmulationEnabled", enabled=False)

    assert region(moved[:32], 2) == (20, 23, 28, 29)
