"""live.jpg: what is painted in the first workflow, above, and the picture that each stroke makes.

Needs Chromium or Chrome (PLACE_CHROMIUM may name one).
"""

from __future__ import annotations

import io
from pathlib import Path

from _panels import GAP, drawing, save_panels
from PIL import Image

from host_server import HostServer
from in_browser import Browser
from in_live import LivePainting

TARGET = Path(__file__).with_suffix(".jpg")
PANEL, QUALITY = 360, 85


def pair(live: LivePainting, server: HostServer, folder: Path) -> Image.Image:
    """The drawing above its picture."""
    entry = live.browser.evaluate(f"app.nodeOutputs[{live.node}].images[0]")
    picture = Image.open(io.BytesIO(server.client.fetch(entry))).convert("RGB")
    painted = drawing(live.painter, PANEL, folder)
    result = Image.new("RGB", (PANEL, painted.height + GAP + PANEL), "white")
    result.paste(painted, (0, 0))
    result.paste(picture.resize((PANEL, PANEL), Image.LANCZOS), (0, painted.height + GAP))
    return result


def pairs(browser: Browser, server: HostServer, folder: Path) -> list[Image.Image]:
    """As it opens; a cloud is painted; the boat is moved; a mountain is painted."""
    live = LivePainting(browser, server)
    painter = live.painter
    live.run()
    live.run_on_change()
    live.wait_until_idle()
    found = [pair(live, server, folder)]

    def choose(name: str) -> None:
        number = painter.index_of(name)
        painter.press_key(str(number), ord("0") + number)

    def changed() -> None:
        live.wait_for_picture()
        live.wait_until_idle()
        found.append(pair(live, server, folder))

    choose("cloud")
    painter.stroke((0.45, 0.1), (0.6, 0.12), (0.66, 0.12))
    changed()
    painter.press_key("v", 86)
    x, y = painter.inside("boat")
    browser.drag(painter.pixel(x, y), painter.pixel(x + 13, y + 10), painter.pixel(x + 26, y + 20))
    changed()
    painter.press_key("b", 66)
    choose("mountain")
    painter.stroke((0.75, 0.45), (0.85, 0.3), (0.95, 0.45))
    changed()
    live.run_on_change("disabled")
    return found


if __name__ == "__main__":
    save_panels(TARGET, pairs, (1600, 1000), QUALITY)
