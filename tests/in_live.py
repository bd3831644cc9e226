"""Painting live: `1 First picture` on a page, run on change."""

from __future__ import annotations

import json

from host_server import HostServer
from in_browser import Browser
from in_front_end import open_workflow
from in_painter import Painter
from in_server import RUN_SECONDS, WORKFLOWS

FIRST = WORKFLOWS[0]
ON_CHANGE = "change"
"""What "Run (On Change)" is in the front end's store of the queue's settings."""

_WATCH = """
    addEventListener('pointerup', () => { window.placeReleased = performance.now(); }, true);
"""

_SHOWN = """
    async (node, before, limit) => {
        const end = performance.now() + limit;
        for (;;) {
            const file = app.nodeOutputs[node]?.images?.[0]?.filename;
            const inNode = app.rootGraph.getNodeById(node).imgs ?? [];
            const shown = [...inNode, ...document.querySelectorAll('img')].some(
                image => image.complete && image.naturalWidth && image.src.includes(file));
            if (file && file !== before && shown)
                return [file, (performance.now() - (window.placeReleased ?? 0)) / 1000];
            if (performance.now() > end) return [null, 0];
            await new Promise(resolve => setTimeout(resolve, 10));
        }
    }
"""
"""The file that a node newly shows, and the seconds since the pointer was released."""


class LivePainting:
    """The first workflow, painted on with the mouse."""

    def __init__(self, browser: Browser, server: HostServer) -> None:
        self.browser = browser
        graph = open_workflow(browser, server, FIRST)
        ids = {node["type"]: node["id"] for node in graph["nodes"]}
        self.node = ids["PreviewImage"]
        self.painter = Painter(browser, ids["PLACELayoutPainter"])
        self.painter.wait()
        self.file: str | None = None
        browser.evaluate(_WATCH)

    def run(self) -> None:
        """Press Run, until the picture is there."""
        self.browser.evaluate("app.queuePrompt(0)")
        self.wait_for_picture()

    def run_on_change(self, mode: str = ON_CHANGE) -> None:
        """Choose it as the menu beside Run does ("disabled" is plain Run)."""
        self.browser.evaluate(f"app.extensionManager.queueSettings.mode = {json.dumps(mode)}")

    def wait_for_picture(self) -> float:
        """Until another picture is shown; seconds since the pointer was released.

        Raises:
            TimeoutError: none came.
        """
        wait = [self.node, self.file, 1000 * RUN_SECONDS]
        self.file, seconds = self.browser.function(_SHOWN, *wait)
        if self.file is None:
            raise TimeoutError(f"no new picture within {RUN_SECONDS:.0f} s")
        return seconds

    def wait_until_idle(self) -> None:
        """Until nothing runs or waits; what is shown then is the last picture."""
        self.browser.evaluate("new Promise(resolve => setTimeout(resolve, 500))")
        self.browser.wait(
            "fetch('/queue').then(answer => answer.json())"
            ".then(queue => !queue.queue_running.length && !queue.queue_pending.length)",
            RUN_SECONDS,
        )
        self.file = self.browser.evaluate(f"app.nodeOutputs[{self.node}].images[0].filename")
