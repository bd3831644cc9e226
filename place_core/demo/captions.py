"""A sentence about a scene."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from .attributes import is_counted

_LEADS = ("", "", "", "a picture of ", "a view of ", "a landscape with ", "a scene with ")
_LINKS = (" with ", " and ", ", ", " near ", " beside ")


def caption_for(rng: Random, words: Mapping[int, str], several: frozenset[int], style: str) -> str:
    """Names classes in random order and sometimes leaves some out; the style is always named.

    Args:
        rng: the source of chance.
        words: of each class, e.g. "red house"; each stays whole in the caption.
        several: classes whose words are a plural.
        style: "" for none.
    """
    order = list(words)
    rng.shuffle(order)
    dropped = rng.choice((0.0, 0.0, 0.0, 0.15, 0.3))
    kept = [i for i in order if rng.random() >= dropped] or order[:1]
    phrases = [_phrase(rng, i, words[i], i in several) for i in kept]
    lead = rng.choice(_LEADS) if style in ("", "night") else ""
    return _with_style(rng, _joined(rng, lead, phrases), style)


def _phrase(rng: Random, class_id: int, words: str, plural: bool) -> str:
    if not is_counted(class_id):
        return f"the {words}" if rng.random() < 0.1 else words
    if plural:
        return f"{rng.choice(('some ', '', ''))}{words}"
    if rng.random() < 0.1:
        return f"the {words}"
    return f"an {words}" if words[0] in "aeiou" else f"a {words}"


def _joined(rng: Random, lead: str, phrases: list[str]) -> str:
    if len(phrases) == 1:
        return lead + phrases[0]
    first, *middle, last = phrases
    link = rng.choice(_LINKS[1:] if lead.endswith("with ") else _LINKS)
    if not middle:
        return f"{lead}{first}{link}{last}"
    end = rng.choice((" and ", ", ", ", and "))
    return f"{lead}{first}{link}{', '.join(middle)}{end}{last}"


def _with_style(rng: Random, sentence: str, style: str) -> str:
    if not style:
        return sentence
    if style == "night":
        forms = ("{s} at night", "{s}, at night", "at night, {s}", "night, {s}")
    else:
        kind = f"{style} picture" if style == "pixel art" else style
        article = "an" if style[0] in "aeiou" else "a"
        forms = (f"{article} {kind} of {{s}}", f"{{s}}, {style}", f"{style}, {{s}}")
    return rng.choice(forms).format(s=sentence)
