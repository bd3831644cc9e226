"""The rows of the study: a network, and a way to put the layout into its pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fnmatch import fnmatch

from ...alpha import SCHEDULES, FusionSettings
from ..controls import (
    Control,
    attention_couple,
    forced,
    log_fractions,
    masked_conditionings,
    place,
    plain,
    scheduled,
)
from .context import StudyError
from .variants import ABLATION, GENTLE, LORA, WHOLE, Variant

STRENGTHS = ENDS = (0.5, 0.75, 1.0)
FORCED = (0.25, 0.5, 1.0)


class Group(Enum):
    """The tables of the report."""

    WITHOUT_TRAINING = "without training"
    ABLATION = "ablation"
    GENTLE = "gentler semantic alignment"
    LORA = "LoRA"
    FORCED = "forced α"
    SCHEDULES = "schedules of α"


@dataclass(frozen=True)
class Row:
    """A row of the study.

    Attributes:
        name: of its files.
        title: for people.
        group: its table.
        control: how the layout is put into the pictures.
        variant: what was fine-tuned; None: the base as it is.
    """

    name: str
    title: str
    group: Group
    control: Control
    variant: Variant | None = None


@dataclass(frozen=True)
class ScheduleSettings:
    """What an artist may choose in Apply PLACE for a model without heads."""

    shape: str
    strength: float
    end: float

    @property
    def name(self) -> str:
        return f"{self.shape}-{self.strength:g}-{self.end:g}"

    @property
    def title(self) -> str:
        return f"{self.shape}, strength {self.strength:g}, to {100 * self.end:g} %"

    def control(self) -> Control:
        settings = FusionSettings(None, SCHEDULES[self.shape], self.strength, 0.0, self.end)
        return place(scheduled(settings))


SCHEDULE_SETTINGS: tuple[ScheduleSettings, ...] = tuple(
    ScheduleSettings(shape, strength, end)
    for shape in ("constant", "linear", "cosine")
    for strength in STRENGTHS
    for end in ENDS
)

PLAIN = Row("plain", "no layout", Group.WITHOUT_TRAINING, plain)


def _of_variant(variant: Variant, group: Group) -> Row:
    control = place(scales_of=variant.scales_of)
    return Row(variant.name, variant.title, group, control, variant)


ROWS: tuple[Row, ...] = (
    PLAIN,
    Row(
        "set-mask",
        "Conditioning (Set Mask), a prompt for each region",
        Group.WITHOUT_TRAINING,
        masked_conditionings,
    ),
    Row("couple", "attention couple, hard masks", Group.WITHOUT_TRAINING, attention_couple),
    Row(
        "log-fractions",
        "additive log-fractions, as in Seg2Any",
        Group.WITHOUT_TRAINING,
        log_fractions,
    ),
    *(_of_variant(variant, Group.ABLATION) for variant in ABLATION),
    *(_of_variant(variant, Group.GENTLE) for variant in GENTLE),
    _of_variant(LORA, Group.LORA),
    *(
        Row(f"alpha-{a:g}", f"(8) with α = {a:g}", Group.FORCED, place(forced(a)), WHOLE)
        for a in FORCED
    ),
    *(Row(s.name, s.title, Group.SCHEDULES, s.control()) for s in SCHEDULE_SETTINGS),
)
"""All rows, in the order of the report."""

ROW_OF = {row.name: row for row in ROWS}


def rows_like(patterns: Sequence[str]) -> list[Row]:
    """Rows whose name is like one of the patterns (``8-all``, ``cosine-*``); all for no pattern.

    Raises:
        StudyError: a pattern that no row is like.
    """
    for pattern in patterns:
        if not any(fnmatch(row.name, pattern) for row in ROWS):
            names = ", ".join(row.name for row in ROWS)
            raise StudyError(f"there is no row like {pattern!r}; there are {names}")
    return [r for r in ROWS if not patterns or any(fnmatch(r.name, p) for p in patterns)]
