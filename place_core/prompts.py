"""Per-class prompts: what the artist writes, as segments whose tokens can be bound to classes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .layout import Layout, LayoutClass
from .tokens import Segment

_COLOR = re.compile(r"^#(?P<hex>[0-9a-f]{6})$", re.IGNORECASE)


@dataclass(frozen=True)
class ClassPrompts:
    """Words by class id, and what had to be decided about them."""

    words: Mapping[int, str]
    notes: tuple[str, ...] = ()


def parse_class_prompts(text: str, layout: Layout) -> ClassPrompts:
    """Read lines ``class = words``; the class by name, id or ``#rrggbb`` color.

    Lines that are blank or begin with ``//`` are skipped. Empty words stand for the table's. A
    class of the table that the map does not show is skipped with a note, so that one text serves
    many maps.

    Raises:
        ValueError: a line without ``=``, a class that the table does not know, or a class that
            two lines name; the message has the line number.
    """
    present = {c.id for c in layout.present()}
    words: dict[int, str] = {}
    lines: dict[int, int] = {}
    notes: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("//"):
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or not name:
            raise ValueError(
                f"class_prompts, line {number}: {line!r} is not of the form 'class = words', for "
                "example 'tree = an old oak'"
            )
        try:
            found = _find(layout, name)
        except ValueError as error:
            raise ValueError(f"class_prompts, line {number}: {error}") from error
        if found.id in lines:
            raise ValueError(
                f"class_prompts, lines {lines[found.id]} and {number} both name {found.name!r}. "
                "Join their words in one line."
            )
        lines[found.id] = number
        if found.id not in present:
            notes.append(f"line {number}: the map has no {found.name!r}, its words are left out")
        elif value:
            words[found.id] = value
    return ClassPrompts(words, tuple(notes))


def prompt_segments(layout: Layout, words: Mapping[int, str], global_prompt: str) -> list[Segment]:
    """The prompt of a layout: the words of every present class by ascending id, then free words.

    Commas of class words are dropped, as in the authors' code: the model was trained without.
    The global prompt comes last, since a CLIP text encoder looks back only: so the words of the
    classes mean exactly what they meant in training.

    Raises:
        ValueError: not one word in all.
    """
    segments = []
    for c in layout.present():
        text = words.get(c.id, c.words).replace(",", " ").strip()
        if text:
            segments.append(Segment(text, c.id))
    if global_prompt.strip():
        segments.append(Segment(global_prompt.strip()))
    if not segments:
        names = ", ".join(repr(c.name) for c in layout.present()[:5])
        raise ValueError(
            f"class_prompts: no class of the map has words ({names} …) and global_prompt is empty. "
            "Write one line for each class, such as 'color 1 = sky'."
        )
    return segments


def wordless(layout: Layout, words: Mapping[int, str]) -> list[LayoutClass]:
    """Present classes without any words: their regions are left to the free words."""
    return [c for c in layout.present() if not words.get(c.id, c.words).replace(",", " ").strip()]


def _find(layout: Layout, name: str) -> LayoutClass:
    if match := _COLOR.match(name):
        rgb = tuple(bytes.fromhex(match["hex"]))
        for c in layout.classes:
            if c.color == rgb:
                return c
    return layout.find(name)
