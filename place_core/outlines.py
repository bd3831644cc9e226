"""The borders of a layout, drawn over pictures."""

from __future__ import annotations

import torch
from torch import Tensor

from .drawing import color_map
from .layout import VOID, Layout
from .pixels import stretched
from .sheet import to_image


def rims(labels: Tensor, width: int) -> Tensor:
    """The pixels of each region that have another region within ``width`` pixels.

    Args:
        labels: ``[H, W]`` integer class ids, negative where void.
        width: 1 or more; diagonal steps count as one.

    Returns:
        ``[H, W]`` bool. Both sides of a border are in it; the edge of the picture is no border.
    """
    values = labels.float()[None]
    return (_highest_within(values, width) != -_highest_within(-values, width))[0]


def _highest_within(values: Tensor, width: int) -> Tensor:
    # First along the rows, then along the columns: a wide square at once is slow.
    for _ in range(2):
        values = torch.nn.functional.max_pool1d(values, 2 * width + 1, 1, width).mT
    return values


def draw_outlines(images: Tensor, layout: Layout, width: int) -> tuple[Tensor, Tensor]:
    """Pictures with the layout's borders in the colors of its classes, on either side its own.

    The map is stretched over the picture, as it is while sampling. The side of void is not drawn.

    Args:
        images: ``[B, H, W, 3]`` in 0..1.
        layout: one map for all, or one for each picture; or any number for one picture.
        width: of the line on each side, in pixels.

    Returns:
        The pictures with outlines, and sheets ``[B, H, 3·W, 3]``: map, picture, outlines.

    Raises:
        ValueError: numbers of maps and pictures that do not fit each other.
    """
    if layout.batch != len(images) and 1 not in (layout.batch, len(images)):
        raise ValueError(
            f"layout: {layout.batch} maps do not fit {len(images)} pictures. Give one map for all, "
            "or one for each."
        )
    count = max(layout.batch, len(images))
    pictures = images[..., :3].float().cpu().expand(count, -1, -1, -1)
    size = tuple(pictures.shape[1:3])
    colors = torch.zeros(max(c.id for c in layout.classes) + 1, 3)
    for c in layout.classes:
        colors[c.id] = torch.tensor(c.color) / 255
    outlined, maps = [], []
    for i, picture in enumerate(pictures):
        number = i if layout.batch > 1 else 0
        labels = stretched(layout.labels[number].long(), size)
        rim = rims(labels, width) & (labels != VOID)
        outlined.append(torch.where(rim[..., None], colors[labels.clamp(min=0)], picture))
        maps.append(stretched(to_image([color_map(layout, number)])[0], size))
    result = torch.stack(outlined)
    return result, torch.cat([torch.stack(maps), pictures, result], 2)
