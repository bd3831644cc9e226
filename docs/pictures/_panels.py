"""Panels of pictures that show something being done."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from host_server import HostServer
from in_browser import Browser, find
from in_front_end import running_front_end, use_renderer
from in_painter import Painter

GAP = 8


def drawing(painter: Painter, width: int, folder: Path) -> Image.Image:
    """What a painter shows now, `width` pixels wide; `folder` is for files on the way."""
    browser = painter.browser
    # What the frame before has changed is painted in the next one.
    browser.evaluate("new Promise(resolve => setTimeout(resolve, 300))")
    canvas = f"{painter.root}.querySelector('.place-painter-stage canvas')"
    box = browser.evaluate(f"{canvas}.getBoundingClientRect().toJSON()")
    clip = {key: box[key] for key in ("x", "y", "width", "height")}
    browser.screenshot(folder / "shot.png", clip=clip | {"scale": width / box["width"]})
    return Image.open(io.BytesIO((folder / "shot.png").read_bytes())).convert("RGB")


def side_by_side(panels: Sequence[Image.Image]) -> Image.Image:
    """All panels in a row, on white."""
    width = sum(panel.width for panel in panels) + GAP * (len(panels) - 1)
    result = Image.new("RGB", (width, max(panel.height for panel in panels)), "white")
    left = 0
    for panel in panels:
        result.paste(panel, (left, 0))
        left += panel.width + GAP
    return result


def save_panels(
    target: Path,
    make: Callable[[Browser, HostServer, Path], Sequence[Image.Image]],
    window: tuple[int, int],
    quality: int,
) -> None:
    """Write what `make` shows in the front end as a JPEG; it gets a folder for files on the way."""
    program = find()
    if program is None:
        print("Left as they are: there is no Chromium or Chrome here.", file=sys.stderr)
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        Browser(program, *window) as browser,
        running_front_end() as server,
    ):
        use_renderer(browser, server, "classic")
        side_by_side(make(browser, server, Path(folder))).save(target, quality=quality)
    print(f"{target.name}: {target.stat().st_size // 1000} kB")
