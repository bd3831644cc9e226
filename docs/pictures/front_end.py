"""ComfyUI's own front end: painter.png, and a preview of each workflow beside it (.jpg).

The workflows are run first, so that their previews show the pictures of the bundled model. Needs
Chromium or Chrome (PLACE_CHROMIUM may name one).
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

from host_server import HostServer
from in_browser import Browser, find
from in_front_end import open_workflow, running_front_end, show_all, use_renderer
from in_server import RUN_SECONDS, WORKFLOWS

HERE = Path(__file__).parent
# Large enough for a whole graph with its texts, which the front end leaves out when they get small.
WINDOW = (3200, 2000)
PREVIEW_PIXELS, QUALITY = 900_000, 80
ALL_RUN = """
    app.rootGraph.nodes.filter(node => node.constructor.nodeData?.output_node)
       .every(node => app.nodeOutputs[node.id]?.images?.length)
"""
PAINTER = "document.querySelector('[data-testid=place-painter]')"


def preview(browser: Browser, server: HostServer, file: Path) -> None:
    """The whole graph, without the front end around it."""
    open_workflow(browser, server, file)
    browser.evaluate("app.queuePrompt(0)")
    browser.wait(ALL_RUN, RUN_SECONDS)
    area = show_all(browser)
    # What the front end says of packs that are not there lies over the graph.
    browser.evaluate("document.querySelectorAll('.p-toast').forEach(toast => toast.remove())")
    clip = area | {"scale": math.sqrt(PREVIEW_PIXELS / (area["width"] * area["height"]))}
    target = file.with_suffix(".jpg")
    browser.screenshot(target, format="jpeg", quality=QUALITY, clip=clip)
    print(f"{target.name}: {target.stat().st_size // 1000} kB")


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
        for file in WORKFLOWS:
            preview(browser, server, file)
        painter(browser, server)
    return 0


if __name__ == "__main__":
    sys.exit(main())
