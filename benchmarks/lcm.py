"""Time to count the layout control map: 1024×1024 pixels, 150 classes, all grids of the UNet.

python3 tools bench lcm
"""

from __future__ import annotations

import torch
from _measure import interleaved_medians, timed

from place_core.lcm import layout_fractions

REPEATS = 7
GRIDS = {"divisible": (128, 64, 32, 16), "not divisible": (125, 63, 32, 16)}


def main() -> None:
    labels = torch.randint(0, 150, (1024, 1024), dtype=torch.int16)
    classes = list(range(150))

    def build(sizes: tuple[int, ...]):
        return timed(lambda: [layout_fractions(labels, classes, (n, n)) for n in sizes])

    medians = interleaved_medians({name: build(n) for name, n in GRIDS.items()}, REPEATS)
    print(f"{torch.get_num_threads()} threads\n| grids | ms |\n|---|---:|")
    for name, seconds in medians.items():
        print(f"| {name}: {', '.join(map(str, GRIDS[name]))} | {1000 * seconds:.0f} |")


if __name__ == "__main__":
    main()
