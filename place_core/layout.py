"""A layout: label maps and their classes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from .quoting import cut, quoted

VOID = -1
"""The label of a pixel that belongs to no class."""

_DIGITS = 10
_LONGEST_COMPARED = 100

# Their numbers in names count from 1 and as ids from 0, which saved workflows rely on.
_DISTINCT_COLOR = re.compile(r"color (?P<number>[0-9]{1,3})")


@dataclass(frozen=True)
class LayoutClass:
    """A class of a table.

    Attributes:
        id: its number, the value in ``Layout.labels``.
        name: what people call it.
        words: its words in a prompt, empty where the table has none.
        color: RGB, 0..255.
    """

    id: int
    name: str
    words: str
    color: tuple[int, int, int]

    @property
    def own_number(self) -> int | None:
        """The number in the name of a distinct color, "color 1" and so on; None of others."""
        found = _DISTINCT_COLOR.fullmatch(self.name)
        return int(found["number"]) if found else None

    @property
    def label(self) -> str:
        """Its number and name for people; the name alone where that has another number."""
        return self.name if self.own_number not in (None, self.id) else f"{self.id}  {self.name}"


@dataclass(frozen=True)
class Layout:
    """Which class lies under each pixel, for one picture or a batch of different ones.

    Attributes:
        labels: ``[B, H, W]`` int16 on the CPU, class id or ``VOID``.
        classes: the whole table by ascending id; every label is in it.
        unresolved: for each map, the pixels that looked like a region but that no class could
            claim. They are void.
        notes: decisions that people should know of, as something may be wrong.
        unresolved_pixels: ``[B, H, W]`` bool, which pixels ``unresolved`` counts; None where none
            can be unresolved.
        remarks: what was done as people asked for it, and is worth saying.
    """

    labels: Tensor
    classes: tuple[LayoutClass, ...]
    unresolved: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    unresolved_pixels: Tensor | None = None
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.labels.ndim != 3 or self.labels.dtype != torch.int16 or self.labels.numel() == 0:
            raise ValueError(
                f"labels must be int16 [B, H, W], got {self.labels.dtype} {list(self.labels.shape)}"
            )
        ids = [c.id for c in self.classes]
        if ids != sorted(set(ids)):
            raise ValueError("classes must have different ids in ascending order")
        if unknown := self._values - {*ids, VOID}:
            raise ValueError(f"labels {sorted(unknown)[:5]} belong to no class of the table")

    @cached_property
    def _counts(self) -> tuple[dict[int, int], ...]:
        """For each map, how many pixels have each label; a search through all, so done once."""
        # Counting is far faster than sorting, and any int16 has a place from 0 on.
        lowest = torch.iinfo(torch.int16).min
        counts = [torch.bincount(labels.flatten().int() - lowest) for labels in self.labels]
        return tuple(
            {i + lowest: int(numbers[i]) for i in numbers.nonzero()[:, 0].tolist()}
            for numbers in counts
        )

    @cached_property
    def _values(self) -> frozenset[int]:
        """All labels of the maps."""
        return frozenset().union(*self._counts)

    @property
    def batch(self) -> int:
        return self.labels.shape[0]

    @property
    def height(self) -> int:
        return self.labels.shape[1]

    @property
    def width(self) -> int:
        return self.labels.shape[2]

    def present(self) -> tuple[LayoutClass, ...]:
        """Classes with at least one pixel in any of the maps, by ascending id."""
        return tuple(c for c in self.classes if c.id in self._values)

    def coverage(self) -> tuple[dict[int, float], ...]:
        """For each map, the share of its pixels (0..1) of each present class, ``VOID`` included."""
        pixels = self.height * self.width
        return tuple({i: n / pixels for i, n in counts.items()} for counts in self._counts)

    def index(self, number: int) -> Layout:
        """The layout of one map of the batch."""
        one = slice(number, number + 1)
        pixels = self.unresolved_pixels
        return replace(
            self,
            labels=self.labels[one],
            unresolved=self.unresolved[one],
            unresolved_pixels=None if pixels is None else pixels[one],
        )

    def find(self, key: str | int) -> LayoutClass:
        """The class of an id, a name or a color ``#rrggbb``, whatever their case.

        A name may be a part of the table's words ("building" of "building edifice"). Where several
        classes fit, one that is present wins.

        Raises:
            ValueError: none fits, or several do; the message names the nearest.
        """
        text = str(key).strip().lower()
        wanted: Iterable[Callable[[LayoutClass], bool]]
        if re.fullmatch(r"\d+", text):
            # Python makes no number of thousands of digits; no class has one of ten.
            number = int(text) if len(text) < _DIGITS else None
            wanted = [lambda c: c.id == number]
        elif re.fullmatch(r"#[0-9a-f]{6}", text):
            color = tuple(bytes.fromhex(text[1:]))
            wanted = [lambda c: c.color == color, lambda c: c.name.lower() == text]
        else:
            whole = re.compile(rf"\b{re.escape(text)}\b")
            wanted = [
                lambda c: c.name.lower() == text,
                lambda c: c.name.lower().startswith(f"{text} "),
                lambda c: whole.search(c.name.lower()) is not None,
            ]
        present = {c.id for c in self.present()}
        for fits in wanted:
            found = [c for c in self.classes if fits(c)]
            if len(found) > 1:
                found = [c for c in found if c.id in present] or found
            if len(found) == 1:
                return found[0]
            if found:
                names = ", ".join(f"{c.id} ({cut(c.name)})" for c in found[:6])
                raise ValueError(f"{quoted(key)} may be any of {names}; use the number")
        # Comparing takes the product of the lengths; what is longer is no slip of a name.
        names = [c.name.lower() for c in self.classes if len(c.name) <= _LONGEST_COMPARED]
        near = difflib.get_close_matches(text[:_LONGEST_COMPARED], names, n=3, cutoff=0.5)
        hint = f" Did you mean {' or '.join(map(quoted, near))}?" if near else ""
        shown = ", ".join(cut(c.label.replace("  ", " ", 1)) for c in self.present()[:12])
        raise ValueError(f"{quoted(key)} is no class of this layout.{hint} The map shows: {shown}")

    def describe(self) -> str:
        """The classes found, one a line: number, name, coverage; then void, then the notes."""
        shares = self.coverage()

        def covered(class_id: int) -> str:
            values = [100 * share.get(class_id, 0.0) for share in shares]
            return ", ".join("<0.1 %" if 0 < v < 0.05 else f"{v:.1f} %" for v in values)

        lines = [f"{c.label}  {covered(c.id)}" for c in self.present()]
        if any(VOID in share for share in shares):
            lines.append(f"void  {covered(VOID)}")
        if any(self.unresolved):
            lines.append(f"unresolved pixels, made void: {', '.join(map(str, self.unresolved))}")
        return "\n".join([*lines, *self.notes, *self.remarks])
