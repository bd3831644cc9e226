"""A map from a picture file, for the painter to paint on: what its pixels mean is found out here.

It reads colors with the code of :mod:`place_core.layout_readers`, so that a file opened in the
painter has the regions that the node Segmentation to LCM finds in it. Other than there, no color
of a hard-edged map is too rare to keep, and transparent pixels are void.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from io import BytesIO

import numpy as np
import torch
from PIL import Image, ImageFilter, ImageOps
from torch import Tensor

from .color_regions import NONE, are_blends, flat, nearest_colors, region_labels
from .layout import LayoutClass
from .layout_readers import DEFAULT_TOLERANCE, covering_colors
from .palettes import ADE20K, COCO_STUFF, load_classes

AUTO = "auto"
COLORS = "colors"
ADE20K_COLORS = "ade20kColors"
COCO_COLORS = "cocoColors"
NUMBERS = "numbers"
ADE20K_NUMBERS = "ade20kNumbers"
COCO_NUMBERS = "cocoNumbers"
STRONGEST = "strongest"
READINGS = (
    AUTO,
    COLORS,
    ADE20K_COLORS,
    COCO_COLORS,
    NUMBERS,
    ADE20K_NUMBERS,
    COCO_NUMBERS,
    STRONGEST,
)
"""What the pixels of a file may mean; ``STRONGEST`` takes the colors that stand for most of it."""

MAX_SIDE = 4096
MAX_CLASSES = 255

_FORMATS = ("PNG", "JPEG", "WEBP")
_TABLES = {ADE20K_COLORS: ADE20K, COCO_COLORS: COCO_STUFF}
_BLACK = (0, 0, 0)
# JPEG shifts the color of an area less than this.
_OWN = 12.0
# Where these few colors cover this much, the others are what JPEG made of them.
_MOST = 0.8
# In a photograph more than this share is farther than JPEG's ripples from any color of an area.
_RIPPLE = 4.0
_PHOTO_SHARE = 0.45
# A hard-edged map has at most this share of other colors along its edges, and a color of it this
# share of areas.
_STRAY_SHARE = 0.01
_AREA_SHARE = 0.1
# Speckles smaller than this, in pixels, go when a photograph is cut down to a few colors.
_SPECKLE = 7

Color = tuple[int, int, int]


class MapError(ValueError):
    """A file that is no map.

    Attributes:
        code: what is wrong, a key for the front end's texts: ``notPicture``, ``tooLarge`` (width,
            height, limit), ``tooManyPixels`` (limit), ``tooManyBytes`` (limit in MB),
            ``notNumbers``, ``unknownNumber`` (value), ``tooMany`` (colors, limit), ``photo`` or
            ``empty``.
        values: what the text tells.
    """

    def __init__(self, code: str, *values: int) -> None:
        super().__init__(code, *values)
        self.code = code
        self.values = values


@dataclass(frozen=True)
class MapClass:
    """A class that a file shows.

    Attributes:
        name: empty where nobody knows it.
        number: its number in the file, or from 1 on by size; to be called by where it has no name.
        words: for a prompt, maybe empty.
        color: RGB, or None where the file has none for it.
    """

    name: str
    number: int
    words: str
    color: Color | None


@dataclass(frozen=True)
class FileMap:
    """What a file shows.

    Attributes:
        labels: ``[H, W]`` uint8; 0 is void, ``k`` is ``classes[k - 1]``.
        classes: from the largest on for colors, by number for numbers; each has a pixel.
        reading: what the pixels were taken for, one of ``READINGS`` but ``AUTO``.
        blended: share (0..1) of the pixels that were given to a neighbor.
        unknown: share of the pixels that became void because no class can be meant.
    """

    labels: np.ndarray
    classes: tuple[MapClass, ...]
    reading: str
    blended: float = 0.0
    unknown: float = 0.0


@dataclass(frozen=True)
class _Picture:
    """``pixels [H, W, 3]`` and ``numbers [H, W]`` are uint8, ``void [H, W]`` is bool.

    ``numbers`` are there where a file may mean some; ``is_gray`` says that it has no colors at all.
    ``colors`` are those of its color table.
    """

    pixels: Tensor
    void: Tensor
    has_alpha: bool
    is_gray: bool
    numbers: np.ndarray | None
    colors: tuple[Color, ...]


def read_map_file(data: bytes, reading: str = AUTO, count: int = 8) -> FileMap:
    """Reads a PNG, JPEG or WebP file; of an animation the first picture.

    Args:
        data: the file. Its size is looked at before anything is unpacked.
        reading: one of ``READINGS``.
        count: how many colors ``STRONGEST`` takes, 1..255.

    Raises:
        MapError: it is no map, or not one of that kind.
    """
    picture = _open(data)
    if reading == AUTO:
        return _read_anything(picture)
    if reading == STRONGEST:
        return _strongest_colors(picture, count)
    if reading in (NUMBERS, ADE20K_NUMBERS, COCO_NUMBERS):
        return _read_numbers(picture, reading)
    exact = _exact_colors(picture)
    return _read_colors(picture, exact, _TABLES.get(reading))


def _read_anything(picture: _Picture) -> FileMap:
    exact = _exact_colors(picture)
    found = covering_colors(picture.pixels[None]) if exact is None else exact
    if not found:
        raise MapError("photo" if exact is None else "empty")
    if len(found) > MAX_CLASSES + 1:
        raise MapError("tooMany", len(found), MAX_CLASSES)
    colors = torch.tensor(found, dtype=torch.float32)
    nearest, distance = nearest_colors(picture.pixels, colors, DEFAULT_TOLERANCE)
    if exact is None and (distance > _RIPPLE).float().mean() > _PHOTO_SHARE:
        raise MapError("photo")
    near = nearest[(nearest != NONE) & ~picture.void]
    table = _table_of(found, torch.bincount(near, minlength=len(found)).tolist())
    if exact is not None and _means_numbers(picture, table):
        return _read_numbers(picture, _kind_of_numbers(picture.numbers))
    return _read_colors(picture, exact, table, found)


def _means_numbers(picture: _Picture, table: str | None) -> bool:
    if picture.numbers is None:
        return False
    if picture.colors:
        # So begin the color tables of index maps; it is void.
        return picture.colors[0] == _BLACK
    return picture.is_gray or (table is None and not picture.has_alpha)


def _kind_of_numbers(numbers: np.ndarray) -> str:
    """COCO-Stuff's, where 255 is beyond all others as void is there; else nobody's."""
    *others, last = np.unique(numbers).tolist()
    fits = last == 255 and len(others) > 1 and others[-1] < len(load_classes(COCO_STUFF))
    return COCO_NUMBERS if fits else NUMBERS


def _table_of(colors: Sequence[Color], counts: Sequence[int]) -> str | None:
    """The table that most of the colors are of; where JPEG adds some, those of most pixels."""
    shown = [(c, n) for c, n in zip(colors, counts, strict=True) if c != _BLACK]
    own = {
        table: [(c, n) for c, n in shown if _is_of_table(c, table, _OWN)]
        for table in _TABLES.values()
    }
    best = max(own, key=lambda table: len(own[table]))
    pixels = sum(n for _, n in own[best])
    most = 2 * len(own[best]) > len(shown) or pixels > _MOST * sum(n for _, n in shown)
    return best if most else None


# --- The file -------------------------------------------------------------------------------------


def _open(data: bytes) -> _Picture:
    try:
        # Reads the header only.
        image = Image.open(BytesIO(data), formats=_FORMATS)
    except Image.DecompressionBombError as error:
        raise MapError("tooManyPixels", MAX_SIDE) from error
    except Exception as error:  # Pillow raises nearly anything over a damaged file
        raise MapError("notPicture") from error
    if max(image.size) > MAX_SIDE:
        raise MapError("tooLarge", *image.size, MAX_SIDE)
    try:
        return _unpack(ImageOps.exif_transpose(image))
    except Exception as error:  # as above
        raise MapError("notPicture") from error


def _unpack(image: Image.Image) -> _Picture:
    has_alpha = "A" in image.getbands() or "transparency" in image.info
    is_gray = image.mode in ("1", "L", "LA") or image.mode.startswith("I")
    numbers, colors = None, ()
    if image.mode == "P":
        numbers = np.array(image)
        table = bytes(image.getpalette("RGB"))
        colors = tuple(zip(table[::3], table[1::3], table[2::3], strict=True))
    elif image.mode.startswith("I"):
        wide = np.array(image).astype(np.int64)
        numbers = (wide if wide.max() < 256 else wide >> 8).clip(0, 255).astype(np.uint8)
        image = Image.fromarray(numbers)
    rgba = np.array(image.convert("RGBA"))
    pixels = rgba[..., :3]
    void = rgba[..., 3] < 128
    # What lies under full transparency is chance.
    pixels[void] = 0
    if numbers is None and (pixels[..., :1] == pixels).all():
        numbers = pixels[..., 0]
    pixels = torch.from_numpy(pixels.copy())
    return _Picture(pixels, torch.from_numpy(void), has_alpha, is_gray, numbers, colors)


# --- Numbers --------------------------------------------------------------------------------------


def _read_numbers(picture: _Picture, reading: str) -> FileMap:
    if picture.numbers is None:
        raise MapError("notNumbers")
    shift, void_value, table = {
        NUMBERS: (0, 0, None),
        ADE20K_NUMBERS: (1, 0, ADE20K),
        COCO_NUMBERS: (0, 255, COCO_STUFF),
    }[reading]
    counts = np.bincount(picture.numbers[~picture.void.numpy()], minlength=256)
    labels = np.zeros(256, np.uint8)
    classes: list[MapClass] = []
    known = {} if table is None else {c.id + shift: c for c in load_classes(table)}
    for value in np.flatnonzero(counts).tolist():
        if value == void_value:
            continue
        if table is not None and value not in known:
            raise MapError("unknownNumber", value)
        if table is not None:
            found = MapClass(known[value].name, value, known[value].words, known[value].color)
        elif value < len(picture.colors):
            found = _named(picture.colors[value], value)
        else:
            found = MapClass("", value, "", None)
        classes.append(found)
        labels[value] = len(classes)
    if not classes:
        raise MapError("empty")
    found = labels[picture.numbers]
    found[picture.void.numpy()] = 0
    return FileMap(found, tuple(classes), reading)


# --- Colors ---------------------------------------------------------------------------------------


def _exact_colors(picture: _Picture) -> list[Color] | None:
    """All colors of a hard-edged map, from the commonest on; None of any other picture."""
    pixels = picture.pixels[~picture.void].long()
    if len(pixels) == 0:
        return []
    packed, counts = _packed(pixels).unique(return_counts=True)
    # One more than classes, as void may have a color too.
    if len(packed) > MAX_CLASSES + 1:
        return None
    order = sorted(zip(counts.tolist(), packed.tolist(), strict=True), key=lambda n: (-n[0], n[1]))
    distinct = [(c >> 16, (c >> 8) & 255, c & 255) for _, c in order]
    covering = covering_colors(picture.pixels[None])
    if not covering:
        return distinct
    table = torch.tensor(covering, dtype=torch.float32)
    nearest, _ = nearest_colors(picture.pixels, table, 0)
    rare = (nearest == NONE) & ~picture.void & ~_has_areas(picture.pixels)
    edges = ~flat(picture.pixels, 0)
    if int((rare & edges).sum()) <= _STRAY_SHARE * int(edges.sum()):
        return distinct
    return None if are_blends(picture.pixels, rare, nearest, table) else distinct


def _has_areas(pixels: Tensor) -> Tensor:
    """``[H, W]`` bool: pixels of a color that fills areas elsewhere, which a blend seldom does."""
    _, where, counts = _packed(pixels.long()).unique(return_inverse=True, return_counts=True)
    areas = torch.bincount(where[flat(pixels, 0)], minlength=len(counts))
    return (areas >= _AREA_SHARE * counts)[where]


def _packed(pixels: Tensor) -> Tensor:
    red, green, blue = pixels.unbind(-1)
    return (red << 16) | (green << 8) | blue


def _read_colors(
    picture: _Picture,
    exact: list[Color] | None,
    table: str | None,
    found: list[Color] | None = None,
) -> FileMap:
    """Reads ``exact`` colors, or those ``found`` in a blurred map; ``table`` names them."""
    if exact is None and found is None:
        found = covering_colors(picture.pixels[None])
    colors = list(exact if exact is not None else found or ())
    if not colors:
        raise MapError("photo" if exact is None else "empty")
    if len(colors) > MAX_CLASSES:
        raise MapError("tooMany", len(colors), MAX_CLASSES)
    reading = next((name for name, t in _TABLES.items() if t == table), COLORS)
    black_is_void = table is not None and not picture.has_alpha
    if exact is not None:
        classes = _snapped(colors, table)
    elif table is None:
        classes = {c: _named(c, 0) for c in colors}
    else:
        # All of the table, as its thin things cover too little to be found.
        classes = {c.color: _of_table(c) for c in reversed(load_classes(table))}
        own = [c for c in colors if not _is_of_table(c, table, DEFAULT_TOLERANCE / 2)]
        classes |= {c: _named(c, 0) for c in own}
    if black_is_void:
        classes.setdefault(_BLACK, None)
        if exact is not None:
            classes[_BLACK] = None
    return _regions(picture, classes, reading, 0.0 if exact is not None else DEFAULT_TOLERANCE)


def _regions(
    picture: _Picture, classes: dict[Color, MapClass | None], reading: str, tolerance: float
) -> FileMap:
    """The regions of colors; those of None are void."""
    table = torch.tensor(list(classes), dtype=torch.float32)
    regions = region_labels(picture.pixels, table, tolerance)
    shown = ~picture.void
    unknown = (regions == NONE) & shown
    blended = torch.zeros_like(shown)
    if tolerance:
        nearest, _ = nearest_colors(picture.pixels, table, tolerance)
        blended = (regions != nearest) & (regions != NONE) & shown
    counts = torch.bincount(regions[shown & ~unknown], minlength=len(classes)).tolist()
    meant = list(classes.values())
    order = sorted(range(len(meant)), key=lambda i: -counts[i])
    order = [i for i in order if counts[i] and meant[i] is not None]
    if len(order) > MAX_CLASSES:
        raise MapError("tooMany", len(order), MAX_CLASSES)
    if not order:
        raise MapError("empty")
    numbers = torch.zeros(len(meant) + 1, dtype=torch.uint8)
    numbers[torch.tensor(order)] = torch.arange(1, len(order) + 1, dtype=torch.uint8)
    labels = numbers[regions]  # NONE is the last
    labels[picture.void] = 0
    return FileMap(
        labels.numpy(),
        tuple(replace(meant[i], number=number) for number, i in enumerate(order, 1)),
        reading,
        float(blended.float().mean()),
        float(unknown.float().mean()),
    )


def _strongest_colors(picture: _Picture, count: int) -> FileMap:
    """Cuts any picture down to a few colors, without the smallest speckles."""
    image = Image.fromarray(picture.pixels.numpy())
    few = image.quantize(min(max(count, 1), MAX_CLASSES), Image.Quantize.MEDIANCUT, kmeans=2)
    table = bytes(few.getpalette("RGB"))
    colors = list(zip(table[::3], table[1::3], table[2::3], strict=True))
    indices = np.array(few)
    if picture.numbers is None:
        # Colors side by side, so that the filter takes the commonest and no other.
        indices = np.array(Image.fromarray(indices).filter(ImageFilter.ModeFilter(_SPECKLE)))
    shown = ~picture.void.numpy()
    counts = np.bincount(indices[shown], minlength=len(colors))
    order = [i for i in np.argsort(-counts, kind="stable").tolist() if counts[i]]
    if not order:
        raise MapError("empty")
    numbers = np.zeros(256, np.uint8)
    numbers[order] = np.arange(1, len(order) + 1)
    labels = np.where(shown, numbers[indices], 0).astype(np.uint8)
    classes = tuple(_named(colors[i], number) for number, i in enumerate(order, 1))
    return FileMap(labels, classes, STRONGEST)


# --- Names ----------------------------------------------------------------------------------------


def _is_of_table(color: Color, table: str, distance: float) -> bool:
    return _nearest(color, load_classes(table))[0] <= distance


def _nearest(color: Color, classes: Sequence[LayoutClass]) -> tuple[float, LayoutClass]:
    """The first of the nearest, and how far its color is away."""
    gaps = [sum((a - b) ** 2 for a, b in zip(color, c.color, strict=True)) for c in classes]
    least = min(gaps)
    return least**0.5, classes[gaps.index(least)]


def _of_table(found: LayoutClass) -> MapClass:
    return MapClass(found.name, 0, found.words, found.color)


def _snapped(colors: Sequence[Color], table: str | None) -> dict[Color, MapClass]:
    """The class of each color of a hard-edged map; all stay apart, also where two are alike."""
    classes = {c: _named(c, 0, table) for c in colors}
    if table is None:
        return classes
    taken = {c.name for c in classes.values()}
    for color, known in classes.items():
        gap, near = _nearest(color, load_classes(table))
        if not known.name and gap <= _OWN and near.name not in taken:
            classes[color] = _of_table(near)
            taken.add(near.name)
    return classes


def _named(color: Color, number: int, table: str | None = None) -> MapClass:
    """A color, with the name that a table has for exactly this one; ``table`` first."""
    for name in dict.fromkeys([table or ADE20K, ADE20K, COCO_STUFF]):
        gap, found = _nearest(color, load_classes(name))
        if gap == 0:
            return MapClass(found.name, number, found.words, color)
    return MapClass("", number, "", color)
