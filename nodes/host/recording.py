"""Recording fusion maps while the host samples.

``Recorder`` runs around each sampling run and each prediction. At a chosen step it puts an
``Evaluation`` into the options that the attention patches read; at all others, and without a
recorder, they find none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from comfy.patcher_extension import WrappersMP
from torch import Tensor

from ...place_core.lcm import FULL
from ...place_core.recording import Choice, Evaluation, FusionRecording, Run, attention_to_words
from .conditioning import LayoutRow

EVALUATIONS_KEY = "place_evaluations"
"""Of the tuple of :class:`Evaluation` in the ``transformer_options`` of a UNet call."""

_KEY = "place_recording"  # of our wrappers
_COND = 0  # of the conditional half in the host's ``cond_or_uncond``


def record_fusion(model: Any, choice: Choice) -> tuple[Any, FusionRecording]:
    """A clone of the MODEL that records its fusion maps, before or after PLACE is applied."""
    recorder = Recorder(choice)
    recorded = model.clone()
    recorded.add_wrapper_with_key(WrappersMP.OUTER_SAMPLE, _KEY, recorder.around_run)
    recorded.add_wrapper_with_key(WrappersMP.CALC_COND_BATCH, _KEY, recorder.around_prediction)
    return recorded, recorder.recording


class Recorder:
    """Around each sampling run and each prediction of a MODEL; its clones share it."""

    def __init__(self, choice: Choice) -> None:
        self.recording = FusionRecording(choice)
        self._run: Run | None = None

    def around_run(
        self,
        executor: Callable,
        noise: Tensor,
        latent_image: Tensor,
        sampler: Any,
        sigmas: Tensor,
        *args: Any,
        **kwargs: Any,
    ) -> Tensor:
        self._run = run = Run(self.recording.choice, sigmas.tolist())
        try:
            latent = executor(noise, latent_image, sampler, sigmas, *args, **kwargs)
        finally:
            self._run = None
        self.recording.add(run, latent)
        return latent

    def around_prediction(
        self,
        executor: Callable,
        model: Any,
        conds: list[list[dict] | None],
        x_in: Tensor,
        timestep: Tensor,
        model_options: dict,
    ) -> Any:
        evaluation = self._run and self._run.evaluation(float(timestep[0]))
        if evaluation is None:
            return executor(model, conds, x_in, timestep, model_options)
        options = model_options["transformer_options"]
        evaluations = (*options.get(EVALUATIONS_KEY, ()), evaluation)
        options = {**options, EVALUATIONS_KEY: evaluations}
        model_options = {**model_options, "transformer_options": options}
        out = executor(model, conds, x_in, timestep, model_options)
        self._run.keep(evaluation)
        return out


def record_layer(
    evaluation: Evaluation,
    layer: str,
    grid: tuple[int, int],
    fused: tuple[Tensor, Tensor, Tensor, Tensor],
    rows: list[tuple[int, LayoutRow]],
    options: dict,
    batch: int,
) -> None:
    """Record what one layer fuses for the words of an evaluation.

    Conditionings of a part of the picture, and context windows of frames, are left out.

    Args:
        fused: queries ``[F, H, N, D]``, keys ``[F, H, T, D]``, area fractions ``[F, N, T]`` and α
            ``[F]`` of the fused rows.
        rows: their numbers in the batch, and their layouts.
        options: what the host tells an attention patch.
        batch: rows of the UNet call, fused or not.
    """
    groups = evaluation.groups(layer, grid)
    if not groups or options.get("context_window") is not None:
        return
    halves = options["cond_or_uncond"]
    pictures = batch // len(halves)
    for (number, row), (query, key, scale, alpha) in zip(
        rows, zip(*fused, strict=True), strict=True
    ):
        if halves[number // pictures] != _COND or row.window != FULL:
            continue
        tokens = {word: _tokens_of(word, row, key.shape[1]) for word in evaluation.choice.words}
        tokens = {word: numbers for word, numbers in tokens.items() if numbers}
        if tokens:
            maps = attention_to_words(query, key, scale, alpha, list(tokens.values()))
            named = dict(zip(tokens, maps, strict=True))
            evaluation.add(number % pictures, groups, grid, named)


def _tokens_of(word: str, row: LayoutRow, total: int) -> list[int]:
    """Where a word stands among all ``total`` tokens of a UNet call.

    A sampler repeats a context to batch it with a longer one; each repetition counts.
    """
    own = [token for token in row.layout.find_tokens(word) if token < row.tokens]
    return [start + token for start in range(0, total, row.tokens) for token in own]
