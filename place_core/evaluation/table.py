"""Results in the form of the paper's tables, with the paper's numbers beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .settings import Settings

Row = tuple[float | None, float | None, float | None]
"""mIoU in percent, FID, text similarity."""


@dataclass(frozen=True)
class Comparison:
    """What the paper reports of one experiment."""

    title: str
    rows: dict[str, Row]


PAPER = {
    "ade20k": Comparison(
        "Table 1, ADE20K",
        {
            "ControlNet": (36.9, 31.2, None),
            "FreestyleNet": (41.9, 25.0, None),
            "PLACE": (50.7, 22.3, None),
        },
    ),
    "coco-stuff": Comparison(
        "Table 1, COCO-Stuff",
        {
            "T2I-Adapter": (20.7, 16.8, None),
            "FreestyleNet": (40.7, 14.4, None),
            "PLACE": (42.6, 14.0, None),
        },
    ),
    "new-objects": Comparison(
        "Table 2, new objects",
        {
            "ControlNet": (18.2, 27.4, None),
            "FreestyleNet": (24.6, 20.4, None),
            "PLACE": (33.0, 18.1, None),
        },
    ),
    "new-style": Comparison(
        "Table 2, new style",
        {
            "ControlNet": (None, None, 0.274),
            "FreestyleNet": (None, None, 0.260),
            "PLACE": (None, None, 0.279),
        },
    ),
    "new-attribute": Comparison(
        "Table 2, new attribute",
        {
            "ControlNet": (None, None, 0.284),
            "FreestyleNet": (None, None, 0.269),
            "PLACE": (None, None, 0.290),
        },
    ),
}

_PAPER_SETTINGS = {"steps": 50, "guidance": 2.0, "resolution": 512}


@dataclass(frozen=True)
class Results:
    """What was measured; None for what was left out.

    Attributes:
        pictures: how many were measured.
        maps: how many the data have.
        miou: of the pictures, 0..1.
        photographs_miou: what the same segmenter gives for the photographs themselves.
        accuracy: share of pixels with the wanted class, 0..1.
        fid: against the photographs.
        text_similarity: mean cosine of pictures and prompts.
        iou: of each class that was wanted, 0..1.
        unmeasured: classes that the segmenter does not know; they do not count.
        passed_over: maps that could not be read, with the reason.
        description: what the model's file says of itself.
    """

    pictures: int
    maps: int
    miou: float | None = None
    photographs_miou: float | None = None
    accuracy: float | None = None
    fid: float | None = None
    text_similarity: float | None = None
    iou: dict[str, float] = field(default_factory=dict)
    unmeasured: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()
    description: str = ""


def table(results: Results, settings: Settings, alpha: str) -> str:
    """The results as Markdown."""
    paper = PAPER[settings.compare] if settings.compare else None
    lines = [f"# {settings.model.name}", ""]
    lines += ["| | mIoU ↑ | FID ↓ | text-sim ↑ |", "|---|---:|---:|---:|"]
    if paper:
        lines += [_line(f"{name}, in the paper", row) for name, row in paper.rows.items()]
    here = (_percent(results.miou), results.fid, results.text_similarity)
    lines.append(_line("**this model, here**", here))
    if results.photographs_miou is not None:
        lines.append(
            _line("the photographs themselves", (_percent(results.photographs_miou), None, None))
        )
    return "\n".join([*lines, "", *_notes(results, settings, alpha, paper), ""])


def _notes(results: Results, settings: Settings, alpha: str, paper: Comparison | None) -> list[str]:
    notes = []
    if paper:
        notes.append(f"The paper's numbers: {paper.title}.")
    split = f", {settings.data.split}" if settings.data.split else ""
    notes.append(
        f"{results.pictures} of {results.maps} maps of {settings.data.kind}{split}; PLMS, "
        f"{settings.steps} steps, guidance {settings.guidance:g}, {settings.resolution}×"
        f"{settings.resolution}, α {alpha}, seed {settings.seed}."
    )
    if results.miou is not None:
        known = f", without the classes {', '.join(results.unmeasured)}" * bool(results.unmeasured)
        notes.append(
            f"mIoU by {settings.segmenter}, over {len(results.iou)} classes that the maps show"
            f"{known}. Compare with the photographs' row: other segmenters give other numbers."
        )
    if results.fid is not None:
        notes.append("FID by torchmetrics, Inception of torch-fidelity.")
    if results.text_similarity is not None:
        notes.append(f"text-sim: mean cosine by {settings.clip}.")
    if results.passed_over:
        notes.append(
            f"{len(results.passed_over)} maps could not be read and were passed over, see "
            "results.json."
        )
    if results.description:
        notes.append(f"The model says of itself: {results.description}")
    if reasons := _reservations(results, settings):
        notes.append(f"**Not to be compared with the paper's numbers:** {'; '.join(reasons)}.")
    return [f"- {note}" for note in notes]


def _reservations(results: Results, settings: Settings) -> list[str]:
    reasons = []
    if results.pictures < results.maps:
        reasons.append(f"{results.pictures} of {results.maps} maps only")
    for name, wanted in _PAPER_SETTINGS.items():
        if (value := getattr(settings, name)) != wanted:
            reasons.append(f"{name} {value:g} instead of {wanted:g}")
    return reasons


def _line(name: str, row: Row) -> str:
    cells = [
        "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"
        for value, digits in zip(row, (1, 1, 3), strict=True)
    ]
    return f"| {name} | {' | '.join(cells)} |"


def _percent(value: float | None) -> float | None:
    return None if value is None else 100 * value
