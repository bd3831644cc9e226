"""Layouts from index maps, color maps, a user's own colors, distinct colors, and masks.

A picture comes as ComfyUI's IMAGE: ``[B, H, W, C]`` float in 0..1, C of 1, 3 or 4.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import replace
from itertools import chain

import torch
from torch import Tensor

from .color_regions import NONE, flat, is_hard_edged, nearest_colors, region_labels
from .layout import VOID, Layout, LayoutClass
from .lines import in_plain_signs, read_entries, split_at_commas
from .palettes import ADE20K, load_classes
from .quoting import cut, quoted

DEFAULT_TOLERANCE = 32.0
OVERLAP_RULES = ("last wins", "first wins", "strongest")
MINIMUM_COVERAGE = 0.0005
"""Share of the batch's pixels that makes a distinct color a region: 131 of 512×512."""

_BLACK = (0, 0, 0)
_HEX = re.compile(r"#(?P<digits>[0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
_BYTE = re.compile(r"[0-9]{1,3}")


def read_index_map(image: Tensor, table: str) -> Layout:
    """A gray picture whose values are class numbers.

    ADE20K annotations: 0 is void and class ``id`` has the value ``id + 1``. COCO-Stuff: the value
    is the id and 255 is void. Values of no class become void and are counted.

    Raises:
        ValueError: a color picture, or one in which most pixels have values of no class.
    """
    pixels = _bytes(image)
    if (pixels[..., :1] != pixels).any():
        raise ValueError(
            "image: this is a color picture, an index map is gray. Choose a color palette. (An "
            "index PNG with a color table is turned into colors by Load Image; then choose "
            "'distinct colors'.)"
        )
    classes = load_classes(table)
    shift, void = (1, 0) if table == ADE20K else (0, 255)
    values = pixels[..., 0].long()
    known = (values >= shift) & (values < shift + len(classes))
    labels = torch.where(known, values - shift, VOID)
    strange = ~known & (values != void)
    if strange.float().mean() > 0.5:
        common = values[strange].unique()[:6].tolist()
        raise ValueError(
            f"image: most pixels have values that are no class of the table ({common} …). Choose "
            "another palette; 'distinct colors' takes any."
        )
    notes = []
    if strange.any():
        found = values[strange].unique()[:6].tolist()
        notes.append(f"gray values {found} are no class and became void")
    unresolved = tuple(strange.flatten(1).sum(1).tolist())
    return Layout(labels.to(torch.int16), classes, unresolved, tuple(notes), strange)


def read_color_map(
    image: Tensor, classes: Sequence[LayoutClass], tolerance: float = DEFAULT_TOLERANCE
) -> Layout:
    """A picture in the colors of a table. Black is void, unless a class is black.

    Raises:
        ValueError: no known color anywhere.
    """
    colors = {c.color: c.id for c in reversed(classes)}
    notes = []
    for c in classes:
        if colors[c.color] != c.id:
            first = next(other for other in classes if other.id == colors[c.color])
            notes.append(_shared_color_note(first, c))
    void = () if _BLACK in colors else (_BLACK,)
    layout = _read_colors(_bytes(image), colors, void, tuple(classes), tolerance)
    found = {c.id for c in layout.present()}
    shown = [note for first, note in notes if first in found]
    return replace(layout, notes=(*layout.notes, *shown))


def _shared_color_note(first: LayoutClass, other: LayoutClass) -> tuple[int, str]:
    color = "#" + bytes(first.color).hex()
    return first.id, (
        f"{color} is both {quoted(first.name)} and {quoted(other.name)} in this palette; it was "
        f"read as {quoted(first.name)}. An index map tells them apart."
    )


def read_color_list_map(
    image: Tensor, color_list: str, tolerance: float = DEFAULT_TOLERANCE
) -> Layout:
    """A picture in a user's own colors; see :func:`parse_color_list`."""
    classes, colors, void, notes = parse_color_list(color_list)
    layout = _read_colors(_bytes(image), colors, void, classes, tolerance)
    # Several colors of one name are as the list says.
    return replace(layout, remarks=(*notes, *layout.remarks))


def parse_color_list(
    text: str,
) -> tuple[
    tuple[LayoutClass, ...],
    dict[tuple[int, int, int], int],
    tuple[tuple[int, int, int], ...],
    tuple[str, ...],
]:
    """Lines ``#rrggbb = name``, ``#rgb = name`` or ``r, g, b = name``; ``= void`` for no class.

    ``＝`` is ``=``, and ``//`` begins a comment, see :mod:`place_core.lines`. Classes are numbered
    as they come.
    Two colors of one name are that one class.

    Returns:
        The classes, the class id of each color, the void colors, and notes.

    Raises:
        ValueError: a line of another form, a color with two names, or no class at all; the message
            has the line number.
    """
    ids: dict[str, int] = {}
    classes: list[LayoutClass] = []
    meaning: dict[tuple[int, int, int], tuple[int, str]] = {}
    notes: list[str] = []
    for entry in read_entries(text):
        number, line, key, name = entry
        color = _parse_color(key)
        if color is None or not name:
            raise ValueError(
                f"color_list, line {number}: {quoted(line)} is not of the form '#rrggbb = name', "
                f"for example '#787878 = wall'.{entry.remedy}"
            )
        known_line, known = meaning.get(color, (number, name))
        if known.lower() != name.lower():
            raise ValueError(
                f"color_list, lines {known_line} and {number}: one color, two names "
                f"({quoted(known)} and {quoted(name)}). A color is one class."
            )
        meaning[color] = (known_line, name)
        if name.lower() != "void" and name.lower() not in ids:
            ids[name.lower()] = len(classes)
            classes.append(LayoutClass(len(classes), name, name, color))
        elif name.lower() != "void" and known_line == number:
            notes.append(f"several colors are {quoted(name)}; they were read as one class")
    if not classes:
        raise ValueError(
            "color_list: empty. Write one '#rrggbb = name' a line for each color of the map, or "
            "choose the palette 'distinct colors'."
        )
    colors = {c: ids[name.lower()] for c, (_, name) in meaning.items() if name.lower() != "void"}
    void = tuple(color for color, (_, name) in meaning.items() if name.lower() == "void")
    return tuple(classes), colors, void, tuple(dict.fromkeys(notes))


def _parse_color(text: str) -> tuple[int, int, int] | None:
    """``#rrggbb``, ``#rgb`` or ``r, g, b``; None of anything else."""
    if match := _HEX.fullmatch(in_plain_signs(text)):
        digits = match["digits"]
        digits = "".join(2 * d for d in digits) if len(digits) == 3 else digits
        return tuple(bytes.fromhex(digits))
    parts = [in_plain_signs(part).strip() for part in split_at_commas(text)]
    if len(parts) != 3 or not all(map(_BYTE.fullmatch, parts)):
        return None
    color = tuple(map(int, parts))
    return color if max(color) <= 255 else None


def read_distinct_colors(
    image: Tensor, tolerance: float = DEFAULT_TOLERANCE, minimum_coverage: float = MINIMUM_COVERAGE
) -> Layout:
    """Every color that covers enough is a region, the same one in all maps of the batch.

    Regions are named ``color 1``, ``color 2`` … from the largest on and have no words.

    Raises:
        ValueError: no color, or more than 255, cover enough.
    """
    pixels = _bytes(image)
    found = covering_colors(pixels, tolerance, minimum_coverage)
    if not 0 < len(found) <= 255:
        raise ValueError(
            f"image: {len(found)} colors cover enough of the picture to be regions. A segmentation "
            "map has 1 to 255 flat colors; is this a photograph?"
        )
    classes = tuple(LayoutClass(i, f"color {i + 1}", "", color) for i, color in enumerate(found))
    return _read_colors(pixels, {c.color: c.id for c in classes}, (), classes, tolerance)


def covering_colors(
    pixels: Tensor,
    tolerance: float = DEFAULT_TOLERANCE,
    minimum_coverage: float = MINIMUM_COVERAGE,
) -> list[tuple[int, int, int]]:
    """Colors of the flat areas of ``[B, H, W, 3]`` bytes, from the commonest on.

    In a blurred map the ripples around a color are that color, so those within half the tolerance
    are merged; in a hard-edged one every color is meant.
    """
    counts: dict[int, int] = {}
    for picture in pixels:
        red, green, blue = picture[flat(picture)].long().unbind(-1)
        packed, numbers = ((red << 16) | (green << 8) | blue).unique(return_counts=True)
        for color, number in zip(packed.tolist(), numbers.tolist(), strict=True):
            counts[color] = counts.get(color, 0) + number
    least = minimum_coverage * pixels[..., 0].numel()
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    colors = [(c >> 16, (c >> 8) & 255, c & 255) for c, n in ordered if n >= least / 4]
    table = torch.tensor(colors, dtype=torch.float32)
    exact = bool(colors) and all(
        is_hard_edged(picture, nearest_colors(picture, table, 0)[1]) for picture in pixels
    )
    numbers = [number for _, number in ordered[: len(colors)]]
    if not exact:
        colors, numbers = _merged(table, numbers, tolerance / 2)
    return [color for color, number in zip(colors, numbers, strict=True) if number >= least]


def _merged(
    table: Tensor, numbers: Sequence[int], reach: float
) -> tuple[list[tuple[int, int, int]], list[int]]:
    """Colors ``[K, 3]`` and their numbers, each added to the first one within reach before it."""
    kept = torch.empty_like(table)
    sums: list[int] = []
    for color, number in zip(table, numbers, strict=True):
        gaps = (kept[: len(sums)] - color).square().sum(1)
        near = (gaps <= reach**2).nonzero()
        if len(near):
            sums[int(near[0])] += number
        else:
            kept[len(sums)] = color
            sums.append(number)
    return [tuple(color) for color in kept[: len(sums)].int().tolist()], sums


def layout_from_masks(
    masks: Sequence[Tensor], names: Sequence[str], overlap: str = OVERLAP_RULES[0]
) -> Layout:
    """A layout of masks; a pixel belongs to a mask where it is 0.5 or more.

    Args:
        masks: each ``[B, H, W]`` or ``[H, W]`` in 0..1; batches of 1 or all of one length.
        names: one for each mask; masks of one name are one class. Messages name the masks as the
            node's inputs are named, from ``mask0`` on.
        overlap: ``last wins`` (like layers painted one over the other), ``first wins``, or
            ``strongest`` (the highest value, the later one if equal).

    Raises:
        ValueError: sizes or batches that differ, NaN, an unknown rule, or an empty name.
    """
    if overlap not in OVERLAP_RULES:
        raise ValueError(f"overlap: {quoted(overlap)} is none of {', '.join(OVERLAP_RULES)}")
    masks = _fitting_masks(masks)
    ids: dict[str, int] = {}
    for number, name in enumerate(names):
        if not name.strip():
            raise ValueError(f"names: mask{number} has no name")
        ids.setdefault(name.strip(), len(ids))
    shape = (max(len(mask) for mask in masks), *masks[0].shape[1:])
    labels = torch.full(shape, VOID, dtype=torch.int16)
    strongest = torch.zeros(shape)
    shared = torch.zeros(shape, dtype=torch.bool)
    notes = []
    # One after the other, as a hundred masks at once fill the memory.
    for number, (mask, name) in enumerate(zip(masks, names, strict=True)):
        inside = (mask >= 0.5).expand(shape)
        if not inside.any():
            notes.append(f"mask{number} ({cut(name)}) has no pixel of 0.5 or more")
            continue
        taken = inside & (labels != VOID)
        shared |= taken
        if overlap == "first wins":
            inside = inside & ~taken
        elif overlap == "strongest":
            inside = inside & (mask >= strongest)
            strongest = torch.where(inside, mask, strongest)
        labels[inside] = ids[name.strip()]
    # Masks may lie over each other like layers: that is what the rule is for.
    count = int(shared.sum())
    remarks = (f"{count} pixels lie in several masks; {overlap}",) if count else ()
    classes = tuple(LayoutClass(i, name, name, distinct_color(i)) for name, i in ids.items())
    return Layout(labels, classes, (0,) * len(labels), tuple(notes), remarks=remarks)


def _fitting_masks(masks: Sequence[Tensor]) -> list[Tensor]:
    """Masks that fit each other, each ``[B, H, W]`` or ``[1, H, W]`` float32 on the CPU."""
    if not masks:
        raise ValueError("masks: none is connected")
    masks = [mask[None] if mask.ndim == 2 else mask for mask in masks]
    height, width = masks[0].shape[-2:]
    batch = max(len(mask) for mask in masks)
    for number, mask in enumerate(masks):
        if mask.isnan().any():
            raise ValueError(f"masks: mask{number} holds NaN; check the node that makes it")
        if mask.shape[-2:] != (height, width):
            raise ValueError(
                f"masks: mask{number} is {mask.shape[-1]}×{mask.shape[-2]}, mask0 is "
                f"{width}×{height}. Bring them to one size."
            )
        if len(mask) not in (1, batch):
            raise ValueError(
                f"masks: mask{number} is a batch of {len(mask)}, another of {batch}. Give "
                "batches of one length, or single masks."
            )
    return [mask.float().cpu() for mask in masks]


def distinct_color(number: int) -> tuple[int, int, int]:
    """Colors that are easy to tell apart: hues a golden angle from each other."""
    red, green, blue = colorsys.hsv_to_rgb((0.58 + number * 0.381966) % 1, 0.55, 0.9)
    return round(255 * red), round(255 * green), round(255 * blue)


def free_color(used: Set[tuple[int, int, int]]) -> tuple[int, int, int]:
    """The first of the distinct colors that is not used; where all are, any other."""
    candidates = chain(map(distinct_color, range(255)), all_colors())
    return next(color for color in candidates if color not in used)


def all_colors() -> Iterator[tuple[int, int, int]]:
    """Every color there is, from black on."""
    return ((n >> 16, n >> 8 & 255, n & 255) for n in range(1 << 24))


def _bytes(image: Tensor) -> Tensor:
    """``[B, H, W, 3]`` uint8 of an IMAGE."""
    if image.ndim != 4 or image.shape[-1] not in (1, 3, 4):
        raise ValueError(f"image: expected [B, H, W, 1, 3 or 4], got {list(image.shape)}")
    if not image.isfinite().all():
        raise ValueError("image: holds NaN or infinite values; check the node that makes it")
    image = image[..., :3].expand(-1, -1, -1, 3).cpu().float().clamp(0, 1)
    return (image * _levels(image)).round().to(torch.uint8)


def _levels(image: Tensor) -> float:
    """The factor that turns the values of a picture into the bytes of its file.

    It is 255, but newer hosts load 8-bit gray files by way of 16 bits: value ``k`` comes as
    ``256·k / 65535`` and would round to ``k − 1`` in the upper half. Whole numbers tell.
    """
    through_16_bits = 65535 / 256
    if bool((image == image[..., :1]).all()):
        misfit = [
            (scaled - scaled.round()).abs().mean()
            for scaled in (image * 255, image * through_16_bits)
        ]
        if misfit[1] < misfit[0]:
            return through_16_bits
    return 255.0


def _read_colors(
    pixels: Tensor,
    colors: dict[tuple[int, int, int], int],
    void: Sequence[tuple[int, int, int]],
    classes: tuple[LayoutClass, ...],
    tolerance: float,
) -> Layout:
    """Read ``[B, H, W, 3]`` bytes; ``void`` colors are regions of no class."""
    table = torch.tensor([*colors, *void], dtype=torch.float32)
    meaning = torch.tensor([*colors.values(), *[VOID] * len(void)])
    labels, unresolved = [], []
    for picture in pixels:
        region = region_labels(picture, table, tolerance)
        unresolved.append(region == NONE)
        labels.append(torch.where(region == NONE, VOID, meaning[region.clamp(min=0)]))
    stacked = torch.stack(labels).to(torch.int16)
    if (stacked == VOID).all():
        raise ValueError(_no_color_message(pixels, classes, tolerance))
    counts = tuple(int(pixels.sum()) for pixels in unresolved)
    notes = []
    if total := sum(counts):
        share = 100 * total / stacked.numel()
        notes.append(f"{total} pixels ({share:.1f} %) have no known color and became void")
    return Layout(stacked, classes, counts, tuple(notes), torch.stack(unresolved))


def _no_color_message(pixels: Tensor, classes: Sequence[LayoutClass], tolerance: float) -> str:
    red, green, blue = pixels.long().unbind(-1)
    counts = torch.bincount(((red << 16) | (green << 8) | blue).flatten())
    found = counts.topk(min(4, len(counts)))
    packed = found.indices[found.values > 0].tolist()
    common = [(c >> 16, (c >> 8) & 255, c & 255) for c in packed]
    shown = ", ".join("#" + bytes(color).hex() for color in common)
    known = ", ".join("#" + bytes(c.color).hex() for c in classes[:3])
    return (
        f"image: no known color within tolerance {tolerance:g}. The picture has {shown} …, the "
        f"palette {known} …. Choose another palette ('distinct colors' takes any), or raise "
        "tolerance."
    )
