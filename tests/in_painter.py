"""The Layout Painter on a page, as the browser tests use it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from drawings import drawing, indices_of
from in_browser import Browser
from in_front_end import save_graph

SIZE = (640, 720)
"""Of a node."""
ENTER = ("Enter", 13)


class Painter:
    """One painter on the page."""

    def __init__(self, browser: Browser, node: int = 1) -> None:
        self.browser = browser
        self.node = node
        self.root = f"document.querySelector('.place-painter[data-painter-node=\"{node}\"]')"
        self._widget = f"app.rootGraph.getNodeById({node}).widgets.find(w => w.name === 'drawing')"

    @property
    def value(self) -> str:
        """What the workflow holds, once the last stroke is packed."""
        return self.browser.evaluate(f"{self._widget}.serializeValue()")

    @property
    def indices(self) -> np.ndarray:
        return indices_of(self.value)

    @property
    def names(self) -> list[str]:
        """Of the classes in its list."""
        inputs = f"[...{self.root}.querySelectorAll('.place-painter-name')]"
        return self.browser.evaluate(f"{inputs}.map(input => input.value)")

    @property
    def numbers(self) -> list[str]:
        """Of the classes in its list."""
        buttons = f"[...{self.root}.querySelectorAll('.place-painter-number')]"
        return self.browser.evaluate(f"{buttons}.map(button => button.textContent)")

    @property
    def words(self) -> list[str]:
        """What it shows as words of the classes."""
        inputs = f"[...{self.root}.querySelectorAll('.place-painter-words')]"
        return self.browser.evaluate(f"{inputs}.map(input => input.value)")

    @property
    def said(self) -> list[str]:
        """Where it says that other words of the classes are written; "" of none."""
        lines = f"[...{self.root}.querySelectorAll('.place-painter-said')]"
        return self.browser.evaluate(f"{lines}.map(line => line.hidden ? '' : line.innerText)")

    @property
    def chosen(self) -> str:
        """The name of the class that it paints with."""
        name = f"{self.root}.querySelector('.place-painter-chosen .place-painter-name')"
        return self.browser.evaluate(f"{name}.value")

    @property
    def problem(self) -> str:
        """What it says of a drawing that it cannot read."""
        text = "const p = r.querySelector('.place-painter-problem'); return p.hidden ? '' : p"
        return self.browser.evaluate(f"(r => {{ {text}.textContent; }})({self.root})")

    def wait(self) -> None:
        """Until it shows the drawing that it was given."""
        self.browser.wait(f"{self.root} && !{self.root}.inert && {self.root}.offsetWidth > 0")
        # The drawing moves while the node finds its size.
        self.browser.evaluate("new Promise(resolve => setTimeout(resolve, 500))")

    def middle(self, selector: str) -> tuple[float, float]:
        """The middle of an element in it, on the page."""
        box = f"{self.root}.querySelector({json.dumps(selector)}).getBoundingClientRect()"
        return tuple(
            self.browser.evaluate(f"(b => [b.left + b.width / 2, b.top + b.height / 2])({box})")
        )

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the drawing, as a share of its width and height, is on the page."""
        box = f"{self.root}.querySelector('.place-painter-stage canvas').getBoundingClientRect()"
        left, top, width, height = self.browser.evaluate(
            f"(b => [b.left, b.top, b.width, b.height])({box})"
        )
        return left + x * width, top + y * height

    def add_class(self, name: str) -> None:
        self.browser.click(*self.middle(".place-painter-search input"))
        self.browser.type(name)
        self.browser.key(*ENTER)

    def stroke(self, *points: tuple[float, float], modifiers: int = 0) -> None:
        self.browser.drag(*(self.at(*point) for point in points), modifiers=modifiers)

    def press_key(self, key: str, code: int, **keys: bool) -> None:
        """A key, once the drawing has the focus."""
        self.browser.evaluate(f"{self.root}.querySelector('.place-painter-sink').focus()")
        self.browser.key(key, code, **keys)

    def show(self) -> None:
        """Look at its node in full size, below the front end's own bars."""
        self.browser.evaluate(
            f"(({{ pos }}) => {{ app.canvas.ds.scale = 1; app.canvas.ds.offset[0] = 120 - pos[0];"
            f"app.canvas.ds.offset[1] = 120 - pos[1]; app.canvas.setDirty(true, true); }})"
            f"(app.rootGraph.getNodeById({self.node}))"
        )
        self.wait()

    def index_of(self, name: str) -> int:
        """The value of a class in the drawing."""
        classes = json.loads(self.value)["classes"]
        return next(entry["index"] for entry in classes if entry["name"] == name)

    def inside(self, name: str) -> tuple[float, float]:
        """The middle of a pixel of a class, the one that is nearest to its center."""
        rows, columns = np.nonzero(self.indices == self.index_of(name))
        away = np.hypot(rows - rows.mean(), columns - columns.mean())
        return columns[away.argmin()] + 0.5, rows[away.argmin()] + 0.5

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the drawing, in its pixels, is on the page."""
        stage = f"{self.root}.querySelector('.place-painter-stage canvas')"
        width, height = self.browser.evaluate(f"(c => [c.width, c.height])({stage})")
        return self.at(x / width, y / height)


def graph(folder: Path, *drawings: str) -> Path:
    """A workflow with a painter for each drawing, and the picture that the first one gives."""
    nodes = [
        {
            "id": number,
            "type": "PLACELayoutPainter",
            "pos": [(number - 1) * (SIZE[0] + 40), 0],
            "size": SIZE,
            "flags": {},
            "order": number,
            "mode": 0,
            "inputs": [{"name": "reference", "type": "IMAGE", "link": None, "shape": 7}],
            "outputs": [
                {"name": "LAYOUT", "type": "PLACE_LAYOUT", "links": []},
                {"name": "UNDERSTOOD", "type": "IMAGE", "links": [1] if number == 1 else []},
            ],
            "properties": {},
            "widgets_values": [value],
        }
        for number, value in enumerate(drawings, 1)
    ]
    last = len(nodes) + 1
    nodes.append(
        {
            "id": last,
            "type": "PreviewImage",
            "pos": [0, SIZE[1] + 60],
            "size": [300, 300],
            "flags": {},
            "order": last,
            "mode": 0,
            "inputs": [{"name": "images", "type": "IMAGE", "link": 1}],
            "outputs": [],
            "properties": {},
            "widgets_values": [],
        }
    )
    return save_graph(folder / "painted.json", nodes, [[1, 1, 1, last, 0, "IMAGE"]])


def small(*classes: dict) -> str:
    """A drawing 64×48: the first class above, the rest void."""
    indices = np.zeros((48, 64), np.uint8)
    if classes:
        indices[:24] = classes[0]["index"]
    return drawing(indices, classes)
