"""A picture and its label map, drawn together so that they always agree."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from .fields import Color, Size

Point = tuple[float, float]
Paint = Callable[[Size], Image.Image]
"""Makes a texture, RGB, of the size asked for."""

FACTOR = 2
"""Canvas pixels per picture pixel, in each direction."""
_GRAIN = 3
"""Units: what is finer than this in a texture is grain."""
_KEPT = 0.4
"""Share of the grain that stays. A small model spends its weights on what stands out most: that
should be things, not blades of grass."""
_SHINES = 128
_RIM = 180
"""Of Pillow's radial gradient: its value where it touches the sides."""


class Canvas:
    """Draws every shape with the same mask into a picture and a map of classes.

    Coordinates are canvas pixels, ``FACTOR`` per pixel of the result. ``unit`` is the canvas
    pixels that take the place of one pixel of a 128x128 picture, so that things scale.
    """

    def __init__(self, size: Size, first_class: int, night: bool = False) -> None:
        self.night = night
        self.width, self.height = size[0] * FACTOR, size[1] * FACTOR
        self.unit = FACTOR * math.sqrt(size[0] * size[1]) / 128
        self.picture = Image.new("RGB", (self.width, self.height))
        # The class, plus 128 where the thing shines at night.
        self._map = Image.new("L", (self.width, self.height), first_class)
        self._pen = ImageDraw.Draw(self.picture)
        self._marker = ImageDraw.Draw(self._map)

    def thin(self, units: float = 0.9) -> int:
        """A line width that just keeps its class in the label map: 1 px, more in large pictures."""
        return max(FACTOR, round(units * self.unit))

    def class_at(self, x: float, y: float) -> int:
        """The class of a place; places outside count as the nearest inside."""
        column = min(max(int(x), 0), self.width - 1)
        row = min(max(int(y), 0), self.height - 1)
        return self._map.getpixel((column, row)) % _SHINES

    def polygon(
        self, class_id: int, points: Sequence[Point], color: Color, shines: bool = False
    ) -> None:
        corners = [(round(x), round(y)) for x, y in points]
        self._pen.polygon(corners, fill=color)
        self._marker.polygon(corners, fill=class_id + _SHINES * shines)

    def box(
        self,
        class_id: int,
        left: float,
        top: float,
        right: float,
        bottom: float,
        color: Color,
        shines: bool = False,
    ) -> None:
        corners = [round(left), round(top)]
        corners += [max(round(right) - 1, corners[0]), max(round(bottom) - 1, corners[1])]
        self._pen.rectangle(corners, fill=color)
        self._marker.rectangle(corners, fill=class_id + _SHINES * shines)

    def ellipse(
        self,
        class_id: int,
        x: float,
        y: float,
        radius_x: float,
        radius_y: float,
        color: Color,
        shines: bool = False,
    ) -> None:
        corners = [round(x - radius_x), round(y - radius_y), round(x + radius_x)]
        corners += [round(y + radius_y)]
        self._pen.ellipse(corners, fill=color)
        self._marker.ellipse(corners, fill=class_id + _SHINES * shines)

    def line(
        self, class_id: int, points: Sequence[Point], color: Color, width: float | None = None
    ) -> None:
        """A line of ``width`` canvas pixels, by default as thin as the label map can show."""
        corners = [(round(x), round(y)) for x, y in points]
        wide = max(FACTOR, round(width)) if width is not None else self.thin()
        self._pen.line(corners, fill=color, width=wide)
        self._marker.line(corners, fill=class_id, width=wide)

    def region(
        self,
        class_id: int,
        polygons: Sequence[Sequence[Point]],
        paint: Paint,
        shines: bool = False,
    ) -> None:
        """The union of polygons, filled with a texture."""
        xs = [x for polygon in polygons for x, _ in polygon]
        ys = [y for polygon in polygons for _, y in polygon]
        left, top = max(0, math.floor(min(xs))), max(0, math.floor(min(ys)))
        right = min(self.width, math.ceil(max(xs)) + 1)
        bottom = min(self.height, math.ceil(max(ys)) + 1)
        if right <= left or bottom <= top:
            return
        size = (right - left, bottom - top)
        mask = Image.new("L", size)
        pen = ImageDraw.Draw(mask)
        for polygon in polygons:
            pen.polygon([(round(x) - left, round(y) - top) for x, y in polygon], fill=255)
        self.stamp(class_id, mask, (left, top), paint(size), shines)

    def stamp(
        self,
        class_id: int,
        mask: Image.Image,
        corner: tuple[int, int],
        texture: Image.Image,
        shines: bool = False,
    ) -> None:
        """A texture, softened, where the mask (0 or 255) is set."""
        self.picture.paste(_softened(texture, _GRAIN * self.unit), corner, mask)
        self._map.paste(class_id + _SHINES * shines, (*corner, *_far(corner, mask.size)), mask)

    def glow(self, x: float, y: float, radius: float, color: Color, strength: float = 0.7) -> None:
        """Light around a point. It changes colors, not classes."""
        side = max(2, round(2 * radius))
        halo = Image.radial_gradient("L").resize((side, side))
        mask = halo.point([max(0, round((_RIM - v) * 1.2 * strength)) for v in range(256)])
        self.picture.paste(color, (round(x - radius), round(y - radius)), mask)

    def shadow(self, x: float, y: float, radius_x: float, radius_y: float) -> None:
        """A soft dark ellipse on the ground. It changes colors, not classes."""
        size = (max(2, round(2 * radius_x)), max(2, round(2 * radius_y)))
        mask = Image.radial_gradient("L").resize(size)
        mask = mask.point([max(0, min(120, (_RIM - v) * 2)) for v in range(256)])
        self.picture.paste((20, 24, 30), (round(x - radius_x), round(y - radius_y)), mask)

    def finished(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The result at its real size.

        Returns:
            picture uint8 ``[H, W, 3]``, classes int16 ``[H, W]``, and bool ``[H, W]``: shines.
        """
        values = np.asarray(self._map)[::FACTOR, ::FACTOR]
        classes = (values % _SHINES).astype(np.int16)
        return np.asarray(self.picture.reduce(FACTOR)), classes, values >= _SHINES


def _softened(texture: Image.Image, radius: float) -> Image.Image:
    """The texture with less contrast in what is finer than ``radius`` pixels."""
    return Image.blend(texture.filter(ImageFilter.BoxBlur(radius)), texture, _KEPT)


def _far(corner: tuple[int, int], size: Size) -> tuple[int, int]:
    return corner[0] + size[0], corner[1] + size[1]
