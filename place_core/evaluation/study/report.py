"""The report of the study: `docs/study.md` and its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from ...demo.requests import DemoRequest
from .conclusions import (
    about_alpha,
    about_lora,
    about_schedules,
    about_the_ablation,
    schedule_names,
)
from .context import Scale, Study
from .evaluate import RENDERED, read_results
from .figure import ALPHA_PICTURE, ROWS_PICTURE, draw_alpha_curves, draw_rows
from .finetune import LEARNING_RATE, fine_tune, fine_tuned_file
from .measures import Summary, best_schedule, summarize
from .rows import ROWS
from .tables import Results, alpha_table, main_table, schedule_table, step_table
from .timing import read_ratios
from .variants import WHOLE

REPORT, FINDINGS = "study.md", "study_findings.md"
TIMESTEPS = (999, 750, 500, 250, 0)


@dataclass(frozen=True)
class LearnedAlpha:
    """α of the fine-tunes of row 8: ``values [seeds, layers, timesteps]``, and layer names."""

    values: Tensor
    layers: tuple[str, ...]


def write_report(study: Study, requests: Sequence[DemoRequest], output: Path) -> Path:
    """Write the report of what is there so far, and its pictures.

    What people found in the numbers stands in a file of its own beside it, which is put into the
    report as it is.
    """
    results = read_results(study, [RENDERED, *(row.name for row in ROWS)])
    best = _best(_schedules(results))
    pictures = output / "pictures"
    pictures.mkdir(parents=True, exist_ok=True)
    draw_rows(study, requests, list(results), best, pictures / ROWS_PICTURE)
    alpha = _learned_alpha(study)
    if alpha is not None:
        draw_alpha_curves(fine_tune(study, WHOLE, 0), pictures / ALPHA_PICTURE)
    findings = output / FINDINGS
    text = report(
        results,
        read_ratios(study),
        alpha,
        study.scale,
        findings.read_text(encoding="utf-8").strip() if findings.exists() else "",
    )
    target = output / REPORT
    target.write_text(text, encoding="utf-8")
    return target


def report(
    results: Results,
    ratios: Mapping[str, float],
    alpha: LearnedAlpha | None,
    scale: Scale,
    findings: str = "",
) -> str:
    """The report as Markdown.

    Args:
        results: row → seed → scores.
        ratios: row → seconds as a ratio to plain.
        alpha: of row 8; None before it is trained.
        scale: of the study.
        findings: what people found, put in as it is.
    """
    summaries = {name: summarize(scores) for name, scores in results.items()}
    schedules = _schedules(results)
    best = _best(schedules)
    parts = [_introduction(scale)]
    if findings:
        parts.append(findings)
    parts += ["## All rows", _ROWS_TEXT, main_table(summaries, ratios, best)]
    parts += [_list(about_the_ablation(results, summaries) + about_lora(results))]
    parts += [f"![One layout, and a picture of it for each row](pictures/{ROWS_PICTURE})"]
    parts += ["## What each part adds", _STEPS_TEXT, step_table(results)]
    if alpha is not None:
        table = alpha_table(alpha.values, TIMESTEPS, alpha.layers)
        parts += ["## The learned α", table, _list(about_alpha(alpha.values, summaries))]
        parts += [f"![α of each layer over the timesteps](pictures/{ALPHA_PICTURE})"]
    if best:
        parts += ["## Without training: schedules of α", _SCHEDULES_TEXT]
        parts += [schedule_table(schedules, best)]
        parts += [_list(about_schedules(results, schedules, best))]
    return "\n\n".join(part for part in parts if part) + "\n"


_ROWS_TEXT = """mIoU, looks and styles in percent, higher is better. The Fréchet distance, lower \
is better, compares the judge's features of the pictures with those of rendered scenes; it \
means something among these rows only and is not the FID. *New* is what the fine-tuning \
never saw with a map, though the base knows it from captions. *Thin* is measured around \
structures narrower than an image token of 8×8 pixels. *Looks* and *styles*: how often \
they are what the words say. *Time*: seconds per picture, as a ratio to plain sampling on \
the same machine, one picture at a time. ± is the standard deviation over the seeds."""

_STEPS_TEXT = """Points of mIoU from one row to another, seed by seed; beside them the same \
difference in the paper, on ADE20K and on its new objects. The last ones are not in the paper."""

_SCHEDULES_TEXT = """The base as it is, with Apply PLACE's schedules of α, from the start of \
sampling to some percent of it; by the seeds that all of them have."""


def _introduction(scale: Scale) -> str:
    sampling = scale.sampling
    return f"""# The paper's ablation in small

Made by

    python -m place_core.demo --work FOLDER --tokenizer COMFYUI/comfy/sd1_tokenizer --only bundled
    python -m place_core.evaluation.study --work FOLDER --tokenizer COMFYUI/comfy/sd1_tokenizer \\
        --seeds {scale.seeds} --count {scale.count} --steps-of-training {scale.training_steps} \\
        --batch-of-training {scale.training_batch} --steps {sampling.steps}

in an environment with the extra `[train]`. Every number is measured, none is copied but the \
paper's own. The base is the demo model before it knew of layouts: it draws 128×128 pixels, in a \
small world of rendered scenes whose maps are exact. The rows can be compared with each other; \
with the paper's table, only their order can.

Each variant of the paper's table was fine-tuned from the same base with {scale.seeds} seeds, \
{scale.training_steps} steps each, with batches of {scale.training_batch} of {scale.pairs} scenes \
with maps (for LFP also of {scale.training_batch} with captions), AdamW at {LEARNING_RATE:g}. \
Denoising is weighted as the loss of the velocity, since the plain loss hardly sees the layout of \
so small latents. Each row has {scale.count} layouts that no training saw, for each of \
{scale.seeds} seeds; noise and layouts are the same for all rows. Sampling: PLMS, \
{sampling.steps} steps, guidance {sampling.guidance_scale:g}."""


def _schedules(results: Results) -> dict[str, Summary]:
    """The schedules by the seeds that all have: means over different ones cannot be compared."""
    names = [name for name in schedule_names() if name in results]
    seeds = set.intersection(*(set(results[name]) for name in names)) if names else set()
    return {n: summarize({s: results[n][s] for s in seeds}) for n in names} if seeds else {}


def _best(schedules: Mapping[str, Summary]) -> str:
    """The best schedule, "" while there are no results of any."""
    return best_schedule(schedules) if schedules else ""


def _learned_alpha(study: Study) -> LearnedAlpha | None:
    seeds = [s for s in range(study.scale.seeds) if fine_tuned_file(study, WHOLE, s).exists()]
    networks = [fine_tune(study, WHOLE, seed) for seed in seeds]
    if not networks:
        return None
    with torch.no_grad():
        timesteps = torch.tensor(TIMESTEPS, device=next(networks[0].parameters()).device)
        values = torch.stack([network.alpha(timesteps).cpu() for network in networks])
    return LearnedAlpha(values, networks[0].heads.layers)


def _list(sentences: Sequence[str]) -> str:
    return "\n".join(f"- {sentence}" for sentence in sentences)
