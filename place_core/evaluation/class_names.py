"""Which class of a table a segmentation network means by each of its labels."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..layout import LayoutClass
from .errors import EvaluationError

# COCO-Stuff and COCO panoptic call a wall "wall-other", a desk "desk-stuff", grass "grass-merged".
_FILLERS = {"other", "stuff", "merged"}

# Share of names that agree in order; some networks have another synonym of a few classes.
_SURE_OF_ORDER = 0.8


@dataclass(frozen=True)
class ClassMatch:
    """The classes that can be measured, numbered anew from 0.

    Attributes:
        names: of the measured classes.
        of_class: class id of the table → number of the measured class. Classes of one name, such
            as the two "desk" of COCO-Stuff, are one.
        of_label: label of the network → number of the measured class.
        missing: names of the table's classes that the network does not know.
    """

    names: tuple[str, ...]
    of_class: Mapping[int, int]
    of_label: Mapping[int, int]
    missing: tuple[str, ...]

    @property
    def other(self) -> int:
        """The number for whatever the network sees that the table does not have."""
        return len(self.names)

    def wanted(self, labels: Tensor) -> Tensor:
        """A map of class ids, in measured numbers; void and what cannot be measured are −1."""
        return _renumbered(labels, self.of_class, -1)

    def found(self, labels: Tensor) -> Tensor:
        """The network's labels, in measured numbers; ``other`` where the table has none."""
        return _renumbered(labels, self.of_label, self.other)


def match_classes(classes: Sequence[LayoutClass], labels: Mapping[int, str]) -> ClassMatch:
    """Match the classes of a table with the labels of a network.

    Where there are as many labels as classes and most of their names agree in order, as with
    networks for ADE20K, they are matched in order. Otherwise by name: the same words in any order
    ("floor-marble" is "marble floor"), or the beginning of a class's words ("building" of
    "building edifice") if no other class begins so.

    Args:
        classes: of the table.
        labels: ``id2label`` of the network.

    Raises:
        EvaluationError: fewer than half of the classes are among the labels.
    """
    groups: dict[tuple[str, ...], list[LayoutClass]] = defaultdict(list)
    for c in classes:
        groups[_key(c.name)].append(c)
    keys = _keys_in_order(classes, labels) or {
        label: key for label, name in labels.items() if (key := _find(name, groups)) is not None
    }
    known = set(keys.values())
    measured = [key for key in groups if key in known]
    missing = [key for key in groups if key not in known]
    if 2 * len(measured) < len(groups):
        raise EvaluationError(
            f"the segmenter knows {len(measured)} of {len(groups)} classes of the data; it lacks "
            f"{_names(groups, missing)} and knows {', '.join(list(labels.values())[:6])} … Choose "
            "a --segmenter that was trained on these classes, or leave mIoU out: --without miou."
        )
    number = {key: i for i, key in enumerate(measured)}
    return ClassMatch(
        names=tuple(groups[key][0].name for key in measured),
        of_class={c.id: number[key] for key in measured for c in groups[key]},
        of_label={label: number[key] for label, key in keys.items()},
        missing=tuple(groups[key][0].name for key in missing),
    )


def _keys_in_order(
    classes: Sequence[LayoutClass], labels: Mapping[int, str]
) -> dict[int, tuple[str, ...]] | None:
    if len(labels) != len(classes):
        return None
    pairs = list(zip(sorted(labels), classes, strict=True))
    agreeing = sum(_find(labels[label], {_key(c.name): [c]}) is not None for label, c in pairs)
    if agreeing < _SURE_OF_ORDER * len(classes):
        return None
    return {label: _key(c.name) for label, c in pairs}


def _find(
    label: str, groups: Mapping[tuple[str, ...], Sequence[LayoutClass]]
) -> tuple[str, ...] | None:
    """The group that a label names; one of its synonyms is enough ("door, double door")."""
    synonyms = [label, *re.split("[,;]", label)]
    for synonym in synonyms:
        if (key := _key(synonym)) in groups:
            return key
    for words in map(_words, synonyms):
        begun = [key for key, of in groups.items() if _words(of[0].name)[: len(words)] == words]
        if words and len(begun) == 1:
            return begun[0]
    return None


def _words(name: str) -> list[str]:
    return [w for w in re.split(r"[\W_]+", name.lower()) if w and w not in _FILLERS]


def _key(name: str) -> tuple[str, ...]:
    return tuple(sorted(_words(name)))


def _names(groups: Mapping[tuple[str, ...], Sequence[LayoutClass]], keys: Sequence) -> str:
    shown = ", ".join(groups[key][0].name for key in keys[:6])
    return f"{shown} …" if len(keys) > 6 else shown


def _renumbered(labels: Tensor, numbers: Mapping[int, int], otherwise: int) -> Tensor:
    """Each value's number, int64; ``otherwise`` where it has none."""
    values, places = labels.long().unique(return_inverse=True)
    table = torch.tensor([numbers.get(v, otherwise) for v in values.tolist()])
    return table[places]
