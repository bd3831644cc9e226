"""Layout control map (LCM), Eq. 3 of PLACE (https://arxiv.org/abs/2403.01852).

``L[i, j]`` is the share of the pixels under image token ``i`` that carry the class of text token
``j``. It is an exact area fraction, never a resized map: a line of one pixel survives at every
depth of the UNet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Window:
    """The part of the picture that a token grid covers, in units of a full ``height × width``.

    ``Window(top=8, bottom=40, height=64, ...)`` is rows 8 to 40 of a latent that has 64 rows. The
    label map may have any other resolution: the window names a share of the picture, exactly.
    """

    top: int
    bottom: int
    height: int
    left: int
    right: int
    width: int

    def __post_init__(self) -> None:
        if not (0 <= self.top < self.bottom <= self.height):
            raise ValueError(f"rows {self.top}..{self.bottom} are not inside 0..{self.height}")
        if not (0 <= self.left < self.right <= self.width):
            raise ValueError(f"columns {self.left}..{self.right} are not inside 0..{self.width}")


FULL = Window(0, 1, 1, 0, 1, 1)


def layout_fractions(
    labels: Tensor, class_ids: Sequence[int], grid: tuple[int, int], window: Window = FULL
) -> Tensor:
    """Area fraction of each class under each token (Eq. 3, without the −∞ of empty cells).

    The window is divided into ``h × w`` equal cells. Sizes need not divide: a pixel that lies
    across a cell border counts for each cell by the area that it has there. All counting is done
    in integers, so the result is the correctly rounded fraction. Void pixels (negative labels)
    count in the denominator and belong to no class.

    Uniform cells are also right where the UNet rounds a grid up (33 latent rows become 17
    tokens): its decoder maps the coarse grid back with a nearest-neighbor resize, which
    divides uniformly too.

    Args:
        labels: ``[H, W]`` integer class ids, negative where void.
        class_ids: ``K`` different ids to measure.
        grid: ``(h, w)`` of the tokens.
        window: the part of the picture under the grid; all of it by default.

    Returns:
        ``[K, h, w]`` float32 in 0..1.

    Raises:
        ValueError: labels that are not a 2-D integer tensor, repeated ids, an empty grid.
    """
    if labels.ndim != 2 or labels.is_floating_point() or labels.is_complex():
        raise ValueError(f"labels must be integers [H, W], got {labels.dtype} {list(labels.shape)}")
    if len(set(class_ids)) != len(class_ids):
        raise ValueError(f"class_ids must differ from each other, got {list(class_ids)}")
    if min(grid) < 1 or labels.numel() == 0:
        raise ValueError(f"no cells to count: map {list(labels.shape)}, token grid {list(grid)}")

    (h, w), count = grid, len(class_ids)
    rows = _axis_overlaps(labels.shape[0], h, window.top, window.bottom, window.height)
    columns = _axis_overlaps(labels.shape[1], w, window.left, window.right, window.width)

    slot = _slots(labels, class_ids)[rows.pixel][:, columns.pixel]
    cell = rows.cell[:, None] * w + columns.cell
    index = slot * (h * w) + cell
    if rows.uniform and columns.uniform:
        area = torch.bincount(index.flatten(), minlength=(count + 1) * h * w)
        area = area * int(rows.length[0] * columns.length[0])
    else:
        weight = rows.length[:, None] * columns.length
        # float64 sums of integers are exact below 2**53: a map of 16384² in a grid of 1024²
        # stays far under it.
        area = torch.bincount(index.flatten(), weight.flatten().double(), (count + 1) * h * w)
    total = rows.cell_length * columns.cell_length
    return (area.double() / total).float()[: count * h * w].view(count, h, w)


def _slots(labels: Tensor, class_ids: Sequence[int]) -> Tensor:
    """``labels`` with each id replaced by its place in ``class_ids``, all others by ``K``."""
    known = list(class_ids)
    if any(i < 0 for i in known):
        raise ValueError(f"class ids must not be negative, got {known}")
    size = int(max([*known, int(labels.max()), 0])) + 2
    table = torch.full((size,), len(known), dtype=torch.int64)
    table[known] = torch.arange(len(known))
    # Index −1 is the last row of the table, which no id uses: void falls into the rest.
    return table[labels.long().clamp(min=-1)]


@dataclass(frozen=True)
class _AxisOverlaps:
    """Pieces of one axis, cut at the borders of the pixels and of the cells together."""

    pixel: Tensor  # [S] pixel of each piece
    cell: Tensor  # [S] cell of each piece
    length: Tensor  # [S] integer length of each piece
    cell_length: int  # length of a whole cell, in the same unit

    @property
    def uniform(self) -> bool:
        return bool((self.length == self.length[0]).all())


def _axis_overlaps(pixels: int, cells: int, start: int, stop: int, size: int) -> _AxisOverlaps:
    """Cut ``pixels`` along the borders of ``cells`` that divide ``start..stop`` of ``0..size``.

    In a unit of ``1 / (pixels · cells · size)`` of the axis all borders are integers.
    """
    pixel_borders = torch.arange(pixels + 1) * (size * cells)
    cell_borders = pixels * (start * cells + (stop - start) * torch.arange(cells + 1))
    borders = torch.cat([pixel_borders, cell_borders]).unique()
    borders = borders[(borders >= cell_borders[0]) & (borders <= cell_borders[-1])]
    begin = borders[:-1]
    return _AxisOverlaps(
        pixel=torch.searchsorted(pixel_borders, begin, right=True) - 1,
        cell=torch.searchsorted(cell_borders, begin, right=True) - 1,
        length=borders.diff(),
        cell_length=pixels * (stop - start),
    )
