"""Masks of a layout's classes, grown and feathered as inpainting and compositing want them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor

from .layout import VOID, Layout, LayoutClass
from .lines import split_at_commas

LARGEST_BATCH = 1 << 30
"""Pixels of all masks together: 64 of 4096×4096, 4 GiB."""

_VOID_CLASS = LayoutClass(VOID, "void", "", (0, 0, 0))


def chosen_classes(layout: Layout, text: str) -> tuple[LayoutClass, ...]:
    """The classes that a text names, in its order, each once.

    Args:
        layout: the layout that has them.
        text: names, numbers or ``#rrggbb`` colors, one a line or with commas between; ``void`` is
            what belongs to no class. Empty: all classes that the maps show, by ascending id.

    Raises:
        ValueError: one that the layout does not know, with the line and the nearest names; or
            nothing named and the maps are void.
    """
    found: dict[int, LayoutClass] = {}
    known = {c.name.lower() for c in layout.classes}
    for number, line in enumerate(text.splitlines(), start=1):
        # A name may have commas of its own.
        whole = line.strip().lower() in known
        for key in [line] if whole else split_at_commas(line):
            if key.strip():
                c = _find(layout, key.strip(), number, known)
                found.setdefault(c.id, c)
    chosen = tuple(found.values()) or layout.present()
    if not chosen:
        raise ValueError("layout: the map is void everywhere; there is no class to make a mask of")
    return chosen


def _find(layout: Layout, key: str, line: int, known: set[str]) -> LayoutClass:
    if key.lower() == "void" and "void" not in known:
        return _VOID_CLASS
    try:
        return layout.find(key)
    except ValueError as error:
        raise ValueError(f"classes, line {line}: {error}") from error


def masks_of_classes(
    layout: Layout,
    classes: Sequence[LayoutClass],
    grow: int = 0,
    feather: int = 0,
    invert: bool = False,
    combine: bool = False,
) -> tuple[Tensor, tuple[str, ...]]:
    """A mask for each class of each map, or one for each map.

    Args:
        layout: ``B`` maps ``[H, W]``.
        classes: ``C`` of them; one that a map does not show has an empty mask there.
        grow: pixels that a region grows by, in every direction; it shrinks where negative. The
            edge of the picture is no border.
        feather: pixels on either side of a border over which a mask rises from 0 to 1; it is 0.5
            at the border.
        invert: 1 where there is no region, after all else.
        combine: one mask for all classes.

    Returns:
        ``[B·C, H, W]`` float32 in 0..1, map by map and within a map in the order of ``classes``;
        ``[B, H, W]`` where combined. With them the names, one for each mask.

    Raises:
        ValueError: masks of more pixels than ``LARGEST_BATCH`` in all.
    """
    groups = [list(classes)] if combine else [[c] for c in classes]
    count = layout.batch * len(groups)
    if count * layout.height * layout.width > LARGEST_BATCH:
        raise ValueError(
            f"classes: {count} masks of {layout.width}×{layout.height} pixels would take "
            f"{4 * count * layout.height * layout.width / 2**30:.0f} GiB. Name fewer classes, or "
            "combine them."
        )
    masks = torch.empty(count, layout.height, layout.width)
    for number in range(count):
        labels = layout.labels[number // len(groups)].numpy()
        ids = [c.id for c in groups[number % len(groups)]]
        inside = labels == ids[0] if len(ids) == 1 else np.isin(labels, ids)
        mask = _mask(inside, grow, feather)
        masks[number] = 1 - mask if invert else mask
    names = tuple(", ".join(c.name for c in group) for group in groups)
    return masks, names * layout.batch


def _mask(inside: np.ndarray, grow: int, feather: int) -> Tensor:
    """A region ``[H, W]`` bool, grown and feathered, as float32."""
    mask = torch.from_numpy(inside).float()
    if (grow == 0 and feather == 0) or not inside.any() or inside.all():
        return mask
    # Only what lies around the region can change. One pixel of its outside is always there.
    margin = max(grow, 0) + feather + 1
    rows, columns = (_extent(inside.any(axis), margin) for axis in (1, 0))
    mask[rows, columns] = _feathered(_grown(inside[rows, columns], grow), feather)
    return mask


def _extent(hit: np.ndarray, margin: int) -> slice:
    """From the first to the last of the pixels that are hit, and a margin."""
    found = hit.nonzero()[0]
    return slice(max(0, int(found[0]) - margin), int(found[-1]) + 1 + margin)


def _grown(inside: np.ndarray, pixels: int) -> np.ndarray:
    """A region that is larger by a circle's radius, or smaller where that is negative."""
    if pixels > 0:
        return distance_transform_edt(~inside) <= pixels
    return distance_transform_edt(inside) > -pixels if pixels < 0 else inside


def _feathered(inside: np.ndarray, pixels: int) -> Tensor:
    """A region whose borders are ramps, ``pixels`` long on either side."""
    mask = torch.from_numpy(inside).float()
    if pixels:
        for _ in range(2):
            mask = _mean_twice(mask, pixels).T
    return mask


def _mean_twice(mask: Tensor, pixels: int) -> Tensor:
    """The mean over ``pixels + 1`` columns, of the mean: a tent ``pixels`` wide on each side."""
    # Running sums take the same time for any width; in doubles they stay exact.
    window = pixels + 1
    edges = [mask[:, i : i + 1].expand(-1, pixels) for i in (0, mask.shape[1] - 1)]
    values = torch.cat([edges[0], mask, edges[1]], 1).double()
    for _ in range(2):
        sums = torch.nn.functional.pad(values.cumsum(1), (1, 0))
        values = (sums[:, window:] - sums[:, :-window]) / window
    return values.float().clamp(0, 1)
