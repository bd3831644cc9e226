"""Which region a pixel of a colored map belongs to, when its edges may be blurred.

A blurred edge has colors between those of its two regions, and one of them may happen to be the
color of a third class. So a pixel counts as a region of its own only where there is evidence for
it, and all others join a neighboring region. Where what was read so is not what the picture shows,
as on maps of a few pixels, whose regions are edges throughout, each pixel has its nearest color.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, max_pool2d, pad

NONE = -1

_SORTED_BELOW = 1 << 20  # pixels

# The edge pixels of a hard-edged map have exact colors, but for a stray one.
_EXACT = 1.5
_STRAY_SHARE = 0.01
# So many pixels are enough to tell what most of them are.
_SAMPLE = 20_000
# A flat pixel differs this little from its neighbors, in one channel; JPEG ripples stay below.
_FLAT = 12
# A region's pixels are flat in at least this share; small ones have long edges.
_AREA_SHARE = 0.1
_AREA_PIXELS = 16
# A thin line's color is this far from a blend of what is around it, and this near to its class:
# half the tolerance where the class has areas elsewhere, nearly exact where it has lines only.
_OFF_BLEND = 24.0
_LINE_DISTANCE = 0.5
_LONE_LINE_DISTANCE = 3.0
_LONE_LINE_PIXELS = 48
# A blend passes a color by; a line stays at it, in this share of the pixels nearest to it.
_LONE_LINE_SHARE = 0.5
# Blurred edges are at most this wide, on either side; what is left beyond is no edge.
_GROWTH = 12
# So far the nearest color among the neighbors decides; beyond, where a color that has crept along
# an edge would win, the commonest label does.
_GROWTH_BY_COLOR = 4

# Of an edge that was read right the smoothed colors differ by less.
_UNEXPLAINED = 40.0
# Where so little is inside of regions, within so many pixels, one may have been missed.
_CROWD, _CROWDED = 6, 0.3


def region_labels(image: Tensor, colors: Tensor, tolerance: float) -> Tensor:
    """The nearest color for each pixel, edges resolved to a neighboring region.

    Args:
        image: ``[H, W, 3]`` uint8.
        colors: ``[K, 3]`` float, 0..255; of equal ones the first is meant.
        tolerance: largest Euclidean distance in 0..255 RGB that still is a color; 0 takes exact
            colors only and resolves no edges.

    Returns:
        ``[H, W]`` int64 in 0..K-1, or ``NONE`` where no color can be meant.
    """
    nearest, distance = nearest_colors(image, colors, tolerance)
    if tolerance == 0 or is_hard_edged(image, distance):
        return nearest
    labels = _areas(image, nearest, len(colors))
    labels = _thin_lines(labels, image, nearest, distance, colors, tolerance)
    edges = (nearest != NONE) | ~flat(image)
    crowded = edges & (_mean_around((labels != NONE) | ~edges, _CROWD) < _CROWDED)
    labels = _grow(labels, image, colors, edges)
    missed = crowded & ((labels == NONE) | _unexplained(labels, image, colors))
    # A few are corners of edges, more are regions.
    if int(missed.sum()) <= _STRAY_SHARE * missed.numel():
        return labels
    return torch.where(missed, nearest_colors(image, colors, torch.inf)[0], labels)


def _unexplained(labels: Tensor, image: Tensor, colors: Tensor) -> Tensor:
    """``[H, W]`` bool: where the map that was read, smoothed, is not the picture, smoothed.

    A region of which no pixel is flat, as on small maps, has been given to its neighbors.
    """
    read = torch.where((labels == NONE)[..., None], image.float(), colors[labels.clamp(min=0)])
    smoothed = torch.stack([_mean_around(c, 1) for c in (read - image.float()).unbind(-1)])
    off = (smoothed.norm(dim=0) > _UNEXPLAINED).float()[None, None]
    # An edge that lies a pixel beside the picture's is narrow: it goes as the rest shrinks and
    # grows again.
    wide = -max_pool2d(-off, 3, 1, 1)
    return max_pool2d(wide, 3, 1, 1)[0, 0] > 0


def _mean_around(values: Tensor, radius: int) -> Tensor:
    """``[H, W]`` mean of each square of ``2 · radius + 1`` pixels a side."""
    padded = pad(values.float()[None, None], (radius,) * 4, mode="replicate")
    return avg_pool2d(padded, 2 * radius + 1, 1)[0, 0]


def is_hard_edged(image: Tensor, distance: Tensor) -> bool:
    """Whether the pixels along edges have exactly a known color; ``distance [H, W]`` tells."""
    edges = ~flat(image, 0)
    return int((edges & (distance > _EXACT)).sum()) <= _STRAY_SHARE * int(edges.sum())


def are_blends(image: Tensor, rare: Tensor, nearest: Tensor, colors: Tensor) -> bool:
    """Whether the pixels ``rare [H, W]`` are mostly blends of the regions around them.

    So a map of a few colors tells blurred edges from small things of colors of their own.
    ``nearest [H, W]`` is the region of all others.
    """
    rows, columns = rare.nonzero(as_tuple=True)
    some = slice(None, None, max(1, len(rows) // _SAMPLE))
    off = _off_blend(nearest, image, nearest, colors, rows[some], columns[some])
    return len(rows) > 0 and int(off.sum()) <= len(off) / 2


def flat(image: Tensor, limit: int = _FLAT) -> Tensor:
    """``[H, W]`` bool: pixels whose 3×3 neighborhood has one color, up to ``limit``."""
    return _range_around(image).amax(2) <= limit


def _range_around(values: Tensor) -> Tensor:
    """``[H, W, …]`` largest less smallest value of each 3×3 neighborhood, of the same type."""
    highest = lowest = values
    # Rows and columns one after the other, as bytes: a pooling of floats takes ten times as long.
    for dim in (0, 1):
        highest = _with_neighbors(highest, torch.maximum, dim)
        lowest = _with_neighbors(lowest, torch.minimum, dim)
    return highest - lowest


def _with_neighbors(
    values: Tensor, combine: Callable[[Tensor, Tensor], Tensor], dim: int
) -> Tensor:
    """Each value combined with those before and after it along ``dim``."""
    last = values.shape[dim] - 1
    before, after = values.narrow(dim, 0, last), values.narrow(dim, 1, last)
    pairs = combine(before, after)
    result = values.clone()
    result.narrow(dim, 0, last).copy_(pairs)
    result.narrow(dim, 1, last).copy_(combine(result.narrow(dim, 1, last), pairs))
    return result


def nearest_colors(image: Tensor, colors: Tensor, tolerance: float) -> tuple[Tensor, Tensor]:
    """For each pixel the index of the nearest color, NONE beyond tolerance, and its distance."""
    # By distinct color, since a map has far fewer of them than pixels.
    red, green, blue = image.long().unbind(-1)
    packed, where = _distinct((red << 16) | (green << 8) | blue)
    distinct = torch.stack([packed >> 16, (packed >> 8) & 255, packed & 255], -1).float()
    found = [
        torch.cdist(part, colors, compute_mode="donot_use_mm_for_euclid_dist").min(1)
        for part in distinct.split(1 << 16)
    ]
    distance = torch.cat([minimum.values for minimum in found])
    index = torch.cat([minimum.indices for minimum in found])
    index = torch.where(distance <= tolerance, index, NONE)
    return index[where], distance[where]


def _distinct(packed: Tensor) -> tuple[Tensor, Tensor]:
    """The different 24-bit numbers in ascending order, and the place of each of ``packed`` there.

    Looked up in a table, since sorting the pixels of a large picture takes seconds.
    """
    if packed.numel() < _SORTED_BELOW:
        return packed.unique(return_inverse=True)
    seen = torch.zeros(1 << 24, dtype=torch.bool)
    seen[packed.flatten()] = True
    distinct = seen.nonzero()[:, 0]
    place = torch.empty(1 << 24, dtype=torch.int64)
    place[distinct] = torch.arange(len(distinct))
    return distinct, place[packed]


def _areas(image: Tensor, nearest: Tensor, count: int) -> Tensor:
    """Labels of flat pixels whose whole 3×3 neighborhood has one class, NONE elsewhere.

    A class of which too little is flat has no area: blends pass its color by.
    """
    inside = (_range_around(nearest) == 0) & flat(image) & (nearest != NONE)
    area = torch.bincount(nearest[inside], minlength=count)
    near = torch.bincount(nearest[nearest != NONE], minlength=count)
    by_chance = area < (_AREA_SHARE * near).clamp(min=_AREA_PIXELS)
    return torch.where(inside & ~by_chance[nearest], nearest, NONE)


def _thin_lines(
    labels: Tensor,
    image: Tensor,
    nearest: Tensor,
    distance: Tensor,
    colors: Tensor,
    tolerance: float,
) -> Tensor:
    """Add pixels that have a class's color and that no blend of the regions around explains."""
    has_area = torch.zeros(len(colors), dtype=torch.bool)
    has_area[labels[labels != NONE]] = True
    limit = torch.where(has_area, _LINE_DISTANCE * tolerance, _LONE_LINE_DISTANCE)
    candidate = (labels == NONE) & (nearest != NONE) & (distance <= limit[nearest])
    near = torch.bincount(nearest[nearest != NONE], minlength=len(colors))
    exact = torch.bincount(nearest[candidate], minlength=len(colors))
    candidate &= (has_area | (exact >= _LONE_LINE_SHARE * near))[nearest]

    rows, columns = candidate.nonzero(as_tuple=True)
    off = torch.cat(
        [
            _off_blend(labels, image, nearest, colors, y, x)
            for y, x in zip(rows.split(1 << 16), columns.split(1 << 16), strict=True)
        ]
    )
    rows, columns = rows[off], columns[off]
    found = nearest[rows, columns]
    # What is left at a corner of three regions is a few pixels, a line is more.
    enough = torch.bincount(found, minlength=len(colors)) >= _LONE_LINE_PIXELS
    keep = (has_area | enough)[found]
    labels[rows[keep], columns[keep]] = found[keep]
    return labels


def _off_blend(
    labels: Tensor, image: Tensor, nearest: Tensor, colors: Tensor, y: Tensor, x: Tensor
) -> Tensor:
    """``[P]`` bool: pixels whose color is no blend of the two commonest regions around them."""
    # Far enough to see both sides of a blurred edge; every other pixel does.
    around = _window(labels, y, x, torch.arange(-6, 7, 2))
    one = _commonest(around, excluding=nearest[y, x])
    other = _commonest(torch.where(around == one[:, None], NONE, around), nearest[y, x])
    first = colors[one.clamp(min=0)]
    # Beside a single region a blend is that region itself, its own color with some noise.
    second = torch.where((other == NONE)[:, None], first, colors[other.clamp(min=0)])
    return (_distance_to_segment(image[y, x].float(), first, second) > _OFF_BLEND) & (one != NONE)


def _window(labels: Tensor, y: Tensor, x: Tensor, steps: Tensor) -> Tensor:
    """``[P, S²]`` labels around the pixels ``y, x``, at ``S`` steps in each direction."""
    height, width = labels.shape
    rows = (y[:, None, None] + steps[:, None]).clamp(0, height - 1)
    columns = (x[:, None, None] + steps).clamp(0, width - 1)
    return labels[rows, columns].flatten(1)


def _commonest(labels: Tensor, excluding: Tensor) -> Tensor:
    """``[P]`` the most frequent label of each row, without NONE and one more."""
    labels = torch.where(labels == excluding[:, None], NONE, labels).sort(1).values
    # In a sorted row the longest run ends where the distance to its start is largest.
    starts = torch.cat([torch.ones_like(labels[:, :1]), (labels.diff(dim=1) != 0).long()], 1)
    position = torch.arange(labels.shape[1])
    run = position - (starts * position).cummax(1).values
    run = torch.where(labels == NONE, -1, run)
    best = run.argmax(1, keepdim=True)
    return labels.gather(1, best)[:, 0]


def _distance_to_segment(point: Tensor, start: Tensor, end: Tensor) -> Tensor:
    """Distance of colors ``[P, 3]`` from the line between two others, with some overshoot."""
    direction = end - start
    share = ((point - start) * direction).sum(1) / direction.square().sum(1).clamp(min=1e-6)
    nearest = start + share.clamp(-0.2, 1.2)[:, None] * direction
    return (point - nearest).norm(dim=1)


def _grow(labels: Tensor, image: Tensor, colors: Tensor, allowed: Tensor) -> Tensor:
    """Let regions grow into their blurred edges, each pixel to the neighbor nearest in color."""
    own = _perceived(colors)
    for step in range(_GROWTH):
        rows, columns = ((labels == NONE) & allowed).nonzero(as_tuple=True)
        if len(rows) == 0:
            break
        claimed = []
        for y, x in zip(rows.split(1 << 17), columns.split(1 << 17), strict=True):
            around = _window(labels, y, x, torch.arange(-1, 2))
            if step < _GROWTH_BY_COLOR:
                gap = (own[around.clamp(min=0)] - _perceived(image[y, x])[:, None]).norm(dim=2)
                gap = torch.where(around == NONE, torch.inf, gap)
                claimed.append(around.gather(1, gap.argmin(1, keepdim=True))[:, 0])
            else:
                claimed.append(_commonest(around, torch.full_like(y, NONE)))
        found = torch.cat(claimed)
        if bool((found == NONE).all()):
            break
        labels[rows, columns] = found
    return labels


def _perceived(colors: Tensor) -> Tensor:
    """``[..., 3]`` luma, thrice weighted, and chroma: JPEG keeps luma and smears chroma."""
    red, green, blue = colors.float().unbind(-1)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return torch.stack([3 * luma, 0.564 * (blue - luma), 0.713 * (red - luma)], -1)
