"""moving.jpg: the boat of the first workflow is moved and scaled, with a real mouse.

Needs Chromium or Chrome (PLACE_CHROMIUM may name one).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from _panels import drawing, save_panels
from PIL import Image

from host_server import HostServer
from in_browser import SHIFT, Browser
from in_front_end import open_workflow
from in_painter import Painter
from in_server import WORKFLOWS

TARGET = Path(__file__).with_suffix(".jpg")
NODE_SIZE = (800, 860)
PANEL, QUALITY = 480, 88
MOVE, SCALE = (26, 4), 0.6
"""Pixels of the drawing, and the share of its size that the boat is scaled to."""


def shots(browser: Browser, server: HostServer, folder: Path) -> list[Image.Image]:
    """Before, while it is dragged, after that, and scaled by a handle."""
    graph = open_workflow(browser, server, WORKFLOWS[0])
    node = next(node["id"] for node in graph["nodes"] if node["type"] == "PLACELayoutPainter")
    browser.evaluate(f"app.rootGraph.getNodeById({node}).setSize({list(NODE_SIZE)})")
    painter = Painter(browser, node)
    painter.show()
    painter.press_key("v", 86)
    x, y = painter.inside("boat")
    found = [drawing(painter, PANEL, folder)]

    browser.press(*painter.pixel(x, y))
    browser.move(*painter.pixel(x + MOVE[0] / 2, y + MOVE[1] / 2), held=True)
    found.append(drawing(painter, PANEL, folder))
    browser.move(*painter.pixel(x + MOVE[0], y + MOVE[1]), held=True)
    browser.release(*painter.pixel(x + MOVE[0], y + MOVE[1]))
    found.append(drawing(painter, PANEL, folder))

    rows, columns = np.nonzero(painter.indices == painter.index_of("boat"))
    left, top, right, bottom = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
    to = (left + SCALE * (right - left), top + SCALE * (bottom - top))
    browser.drag(painter.pixel(right, bottom), painter.pixel(*to), modifiers=SHIFT)
    found.append(drawing(painter, PANEL, folder))
    return found


if __name__ == "__main__":
    save_panels(TARGET, shots, (1600, 1200), QUALITY)
