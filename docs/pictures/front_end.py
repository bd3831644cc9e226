"""ComfyUI's own front end: painter.png. Needs Chromium or Chrome (PLACE_CHROMIUM may name one)."""

from __future__ import annotations

import sys
from pathlib import Path

from host_server import HostServer
from in_browser import Browser, find
from in_front_end import open_workflow, running_front_end, use_renderer
from in_server import WORKFLOWS

HERE = Path(__file__).parent
WINDOW = (3200, 2000)
PAINTER = "document.querySelector('[data-testid=place-painter]')"


def painter(browser: Browser, server: HostServer) -> None:
    """The Layout Painter with the drawing of the example workflow."""
    open_workflow(browser, server, WORKFLOWS[0])
    node = "app.rootGraph.nodes[0]"
    browser.evaluate(
        "app.rootGraph.nodes.filter(node => node.type !== 'PLACELayoutPainter')"
        ".forEach(node => app.rootGraph.remove(node))"
    )
    browser.evaluate(f"{node}.setSize([900, 720])")
    browser.evaluate(
        f"app.canvas.ds.scale = 1; app.canvas.ds.offset[0] = 200 - {node}.pos[0];"
        f"app.canvas.ds.offset[1] = 150 - {node}.pos[1]; app.canvas.setDirty(true, true);"
    )
    browser.evaluate("new Promise(resolve => setTimeout(resolve, 1000))")
    box = browser.evaluate(f"{PAINTER}.getBoundingClientRect().toJSON()")
    clip = {key: box[key] for key in ("x", "y", "width", "height")} | {"scale": 1}
    browser.screenshot(HERE / "painter.png", clip=clip)


def main() -> int:
    program = find()
    if program is None:
        print("Left as they are: there is no Chromium or Chrome here.", file=sys.stderr)
        return 0
    with Browser(program, *WINDOW) as browser, running_front_end() as server:
        use_renderer(browser, server, "classic")
        painter(browser, server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
