"""Painting live with the first workflow, as README says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from host_server import HostServer
from in_browser import Browser
from in_front_end import our_errors
from in_live import LivePainting
from in_server import picture

pytestmark = [pytest.mark.host, pytest.mark.slow]


def shown(live: LivePainting, server: HostServer) -> np.ndarray:
    entry = live.browser.evaluate(f"app.nodeOutputs[{live.node}].images[0]")
    return picture(server.client.fetch(entry)).astype(float)


@pytest.mark.main_flow
def test_each_stroke_makes_a_picture(
    front_end: str, browser: Browser, server: HostServer, artifacts: Path
) -> None:
    live = LivePainting(browser, server)
    try:
        live.run()
        live.run_on_change()
        live.wait_until_idle()
        before = shown(live, server)
        # Over the sky, which is chosen: right of the mountains; then with the sea over the house.
        live.painter.stroke((0.05, 0.9), (0.4, 0.9))
        live.wait_for_picture()
        live.wait_until_idle()
        after = shown(live, server)
        live.painter.stroke((0.85, 0.4), (0.85, 0.6))
        live.wait_for_picture()
        live.wait_until_idle()
        browser.screenshot(artifacts / f"live {front_end}.png")
    finally:
        live.run_on_change("disabled")
    changed = np.abs(after - before).mean(2)
    last = live.file
    live.wait_until_idle()

    # The stroke went from left to the middle of the lower edge.
    assert changed[440:480, 40:200].mean() > 4 * changed[40:200, 40:200].mean()
    # What is shown is not run again and again: its seed is fixed.
    assert live.file == last
    assert our_errors(browser) == []
