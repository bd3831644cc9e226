"""What the judge says of a set of pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from ..evaluation.agreement import Agreement
from ..evaluation.frechet import frechet_distance
from ..layout import VOID
from ..pixels import to_unit
from .classes import CLASSES
from .requests import DemoRequest
from .segmenter import LOOKS, Judgement, Segmenter
from .styles import STYLES
from .vocabulary import HELD_OUT_ATTRIBUTES, HELD_OUT_CLASSES, HELD_OUT_STYLES, SEEN

_THIN = 7
"""Pixels: what is narrower is less than an image token of the finest grid (8×8 pixels)."""
_AROUND = 7
"""Pixels: width of the square around a thin part in which the picture is measured."""
_SMALL = 64
"""Pixels: a look is judged where its class covers at least as much."""


@dataclass(frozen=True)
class Scores:
    """Measures of a set of pictures; shares and IoU in 0..1, NaN where there is nothing to measure.

    Attributes:
        iou: mean IoU of all classes that the layouts have.
        seen, new: of the classes that the fine-tuning had maps of, and of the others.
        thin: mean IoU around structures that are narrower than an image token.
        looks, new_looks: share of regions whose look is the one that the words said: all of them,
            and those of looks and classes that the fine-tuning had no maps of.
        styles, new_styles: share of pictures in the style that the words said, likewise.
        frechet: distance to rendered scenes in the judge's features, NaN without them.
    """

    iou: float
    seen: float
    new: float
    thin: float
    looks: float
    new_looks: float
    styles: float
    new_styles: float
    frechet: float


@torch.no_grad()
def judge_pictures(judge: Segmenter, pictures: Sequence[Tensor]) -> list[Judgement]:
    """Pictures ``[H, W, 3]`` in 0..1, of any sizes, one judgement each, on the CPU."""
    device = next(judge.parameters()).device
    return [judge(2 * p.to(device).permute(2, 0, 1)[None] - 1).cpu() for p in pictures]


@dataclass(frozen=True)
class Scorer:
    """Measures sets of pictures by what was wanted of them.

    Attributes:
        judge: what looks at the pictures.
        requests: what was wanted, of each picture of a set.
    """

    judge: Segmenter
    requests: Sequence[DemoRequest]

    def score(self, pictures: Sequence[Tensor]) -> Scores:
        """Measure a set of pictures ``[H, W, 3]`` in 0..1, one for each request."""
        judgements = judge_pictures(self.judge, pictures)
        whole, thin = Agreement(len(CLASSES)), Agreement(len(CLASSES))
        looks: list[tuple[bool, bool]] = []
        styles: list[tuple[bool, bool]] = []
        for wanted, judgement in zip(self.requests, judgements, strict=True):
            labels, found = wanted.request.layout.labels, judgement.classes()
            whole.add(found, labels)
            thin.add(found, labels.where(around_thin_parts(labels), VOID))
            looks += _looks(wanted, judgement)
            if wanted.style:
                is_right = list(STYLES)[int(judgement.styles.argmax())] == wanted.style
                styles.append((is_right, wanted.style in HELD_OUT_STYLES))
        return Scores(
            iou=whole.mean_iou(),
            seen=whole.mean_iou(SEEN.classes),
            new=whole.mean_iou(HELD_OUT_CLASSES),
            thin=thin.mean_iou(),
            looks=_share(right for right, _ in looks),
            new_looks=_share(right for right, is_new in looks if is_new),
            styles=_share(right for right, _ in styles),
            new_styles=_share(right for right, is_new in styles if is_new),
            frechet=self._distance(judgements),
        )

    @cached_property
    def _rendered(self) -> Tensor | None:
        """Features ``[N, F]`` of the rendered scenes, None where there are fewer than two."""
        rendered = [to_unit(r.picture) for r in self.requests if r.picture is not None]
        return _features(judge_pictures(self.judge, rendered)) if len(rendered) > 1 else None

    def _distance(self, judgements: Sequence[Judgement]) -> float:
        if self._rendered is None:
            return float("nan")
        return frechet_distance(_features(judgements), self._rendered)


def around_thin_parts(labels: Tensor) -> Tensor:
    """``[B, H, W]`` bool: near a part of a region into which no square of 7 pixels fits."""
    ids = torch.arange(len(CLASSES))[:, None, None, None]
    masks = (labels == ids).flatten(0, 1)[:, None].float()
    # Nothing ends at the picture's edge: regions go on beyond it.
    inner = -_widest(-_padded(masks, _THIN // 2), _THIN)
    opened = _widest(_padded(inner, _THIN // 2), _THIN)
    thin = (masks - opened).clamp(min=0).view(len(CLASSES), *labels.shape).amax(0)
    return _widest(torch.nn.functional.pad(thin, (_AROUND // 2,) * 4), _AROUND) > 0


def _padded(masks: Tensor, by: int) -> Tensor:
    return torch.nn.functional.pad(masks, (by,) * 4, mode="replicate")


def _widest(masks: Tensor, side: int) -> Tensor:
    return torch.nn.functional.max_pool2d(masks, side, 1)


def _looks(wanted: DemoRequest, judgement: Judgement) -> list[tuple[bool, bool]]:
    """For each region with a look: whether the picture has it, and whether it is a new one."""
    answers = []
    labels = wanted.request.layout.labels[0]
    for class_id, look in wanted.looks.items():
        region = labels == class_id
        if int(region.sum()) < _SMALL:
            continue
        places = [i for i, (c, _) in enumerate(LOOKS) if c == class_id]
        weights = judgement.looks[0, places][:, region].exp().sum(1)
        is_new = class_id in HELD_OUT_CLASSES or (class_id, look) in HELD_OUT_ATTRIBUTES
        answers.append((LOOKS[places[int(weights.argmax())]][1] == look, is_new))
    return answers


def _features(judgements: Sequence[Judgement]) -> Tensor:
    return torch.cat([judgement.features for judgement in judgements])


def _share(answers: Iterable[bool]) -> float:
    answers = list(answers)
    return sum(answers) / len(answers) if answers else float("nan")
