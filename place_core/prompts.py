"""Per-class prompts: what the artist writes, as segments whose tokens can be bound to classes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .layout import Layout, LayoutClass
from .lines import in_plain_signs, read_entries, without_commas, without_comments
from .prompt_text import check_prompt_text
from .quoting import cut, listed, quoted
from .tokens import Segment

_COLOR = re.compile(r"^#(?P<hex>[0-9a-f]{6})$", re.IGNORECASE)
# Signs that mean something elsewhere and are read as plain text, so that they are worth a note.
_CHOICE = re.compile(r"\{[^{}|]*\|[^{}]*\}")
_WIDE_EMPHASIS = re.compile(r"[(（][^()（）]*[:：][\s\d.．]+[)）]")
# A text may have thousands of lines, and people read a few.
_MOST_NOTES, _MOST_NAMES = 20, 12


@dataclass(frozen=True)
class Prompt:
    """A prompt as it is encoded, and what had to be decided about it."""

    segments: tuple[Segment, ...]
    notes: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)


@dataclass(frozen=True)
class ClassPrompts:
    """Words by class id, and what had to be decided about them."""

    words: Mapping[int, str]
    notes: tuple[str, ...] = ()


def read_prompt(layout: Layout, class_prompts: str, global_prompt: str) -> Prompt:
    """The prompt that an artist wrote for a layout, with its notes.

    In both texts ``//`` begins a comment, at the start of a line or after white space.

    Raises:
        ValueError: see :func:`parse_class_prompts` and :func:`prompt_segments`.
    """
    prompts = parse_class_prompts(class_prompts, layout)
    free = without_comments(global_prompt)
    try:
        check_prompt_text(free)
    except ValueError as error:
        raise ValueError(f"global_prompt: {error}") from error
    segments = prompt_segments(layout, prompts.words, free)
    notes = [f"class_prompts, {note}" for note in prompts.notes]
    notes += [f"global_prompt: {note}" for note in _odd_signs(free)]
    if silent := wordless(layout, prompts.words):
        names = ", ".join(cut(c.name) for c in silent[:_MOST_NAMES])
        names += ", …" if len(silent) > _MOST_NAMES else ""
        notes.append(f"without words, left to the rest of the prompt: {names}")
    if len(notes) > _MOST_NOTES:
        notes[_MOST_NOTES:] = [f"and {len(notes) - _MOST_NOTES} more notes of this kind"]
    return Prompt(tuple(segments), tuple(notes))


def parse_class_prompts(text: str, layout: Layout) -> ClassPrompts:
    """Read lines ``class = words``; the class by name, id or ``#rrggbb`` color.

    ``＝`` is ``=``, and ``//`` begins a comment, see :mod:`place_core.lines`. Empty words stand for
    the table's. A class of the table that the map does not show is skipped with a note, so that one
    text serves many maps.

    Raises:
        ValueError: a line without ``=``, a class that the table does not know, a class that two
            lines name, or words that no tokenizer takes; the message has the line number.
    """
    present = {c.id for c in layout.present()}
    words: dict[int, str] = {}
    lines: dict[int, int] = {}
    notes: list[str] = []
    for entry in read_entries(text):
        number, line, name, value = entry
        if value is None or not name:
            raise ValueError(
                f"class_prompts, line {number}: {quoted(line)} is not of the form 'class = "
                f"words', for example 'tree = an old oak'.{entry.remedy}"
            )
        try:
            found = _find(layout, name)
            check_prompt_text(without_commas(value))
        except ValueError as error:
            raise ValueError(f"class_prompts, line {number}: {error}") from error
        if found.id in lines:
            raise ValueError(
                f"class_prompts, lines {lines[found.id]} and {number} both name "
                f"{quoted(found.name)}. Join their words in one line."
            )
        lines[found.id] = number
        notes += [f"line {number}: {note}" for note in _odd_signs(value)]
        if found.own_number not in (None, found.id) and in_plain_signs(name).isdecimal():
            notes.append(
                f"line {number}: the number {found.id} is {quoted(found.name)}, as numbers count "
                "from 0 here. Write the name if you mean another."
            )
        if found.id not in present:
            notes.append(
                f"line {number}: the map has no {quoted(found.name)}, its words are left out"
            )
        elif value:
            words[found.id] = value
    return ClassPrompts(words, tuple(notes))


def prompt_segments(layout: Layout, words: Mapping[int, str], global_prompt: str) -> list[Segment]:
    """The prompt of a layout: the words of every present class by ascending id, then free words.

    Commas of class words are dropped, as in the authors' code: the model was trained without.
    The global prompt comes last, since a CLIP text encoder looks back only: so the words of the
    classes mean exactly what they meant in training.

    Raises:
        ValueError: not one word in all, or words that no tokenizer takes.
    """
    segments = []
    for c in layout.present():
        text = without_commas(words.get(c.id, c.words)).strip()
        if text:
            try:
                check_prompt_text(text)
            except ValueError as error:
                raise ValueError(f"the words of {quoted(c.name)}: {error}") from error
            segments.append(Segment(text, c.id))
    if global_prompt.strip():
        segments.append(Segment(global_prompt.strip()))
    if not segments:
        names = listed((c.name for c in layout.present()), 5)
        raise ValueError(
            f"class_prompts: no class of the map has words ({names}) and global_prompt is empty. "
            "Write one line for each class, such as 'color 1 = sky'."
        )
    return segments


def wordless(layout: Layout, words: Mapping[int, str]) -> list[LayoutClass]:
    """Present classes without any words: their regions are left to the free words."""
    return [c for c in layout.present() if not without_commas(words.get(c.id, c.words)).strip()]


def _find(layout: Layout, name: str) -> LayoutClass:
    if match := _COLOR.match(in_plain_signs(name)):
        rgb = tuple(bytes.fromhex(match["hex"]))
        for c in layout.classes:
            if c.color == rgb:
                return c
    return layout.find(name)


def _odd_signs(words: str) -> list[str]:
    """Notes on signs that look as if they did something."""
    notes = [
        f"{quoted(found)} is plain text here; braces choose no words"
        for found in _CHOICE.findall(words)
    ]
    for found in _WIDE_EMPHASIS.findall(words):
        if (plain := in_plain_signs(found)) != found:
            notes.append(f"{quoted(found)} is no emphasis; write {quoted(plain)}")
    return notes
