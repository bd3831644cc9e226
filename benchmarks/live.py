"""Painting live: from the release of the mouse to the new picture, in a real browser.

    python3 tools bench live

Opens `1 First picture` in Chromium (PLACE_CHROMIUM may name one), run on change, paints strokes
with the mouse, and prints the median of the seconds until each has its picture.
"""

from __future__ import annotations

import statistics
import sys

from in_browser import Browser, find
from in_front_end import RENDERERS, running_front_end, use_renderer
from in_live import LivePainting

STROKES = 9
WINDOW = (1600, 1000)


def main() -> int:
    program = find()
    if program is None:
        print("There is no Chromium or Chrome here.", file=sys.stderr)
        return 0
    with Browser(program, *WINDOW) as browser, running_front_end() as server:
        print("| renderer | strokes | median, s | from | to |\n|---|---:|---:|---:|---:|")
        for renderer in RENDERERS:
            use_renderer(browser, server, renderer)
            seconds = measure(LivePainting(browser, server))
            median = f"{statistics.median(seconds):.2f}"
            ends = f"{min(seconds):.2f} | {max(seconds):.2f}"
            print(f"| {renderer} | {len(seconds)} | {median} | {ends} |", flush=True)
    return 0


def measure(live: LivePainting) -> list[float]:
    """Seconds from pointer-up to picture of each stroke; the model is loaded before."""
    live.run()
    live.run_on_change()
    live.wait_until_idle()
    seconds = []
    for number in range(STROKES):
        row = 0.1 + 0.8 * number / STROKES
        live.painter.stroke((0.3, row), (0.5, row), (0.7, row))
        seconds.append(live.wait_for_picture())
        live.wait_until_idle()
    live.run_on_change("disabled")
    return seconds


if __name__ == "__main__":
    sys.exit(main())
