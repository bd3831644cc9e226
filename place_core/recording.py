"""Recording the adaptive fusion map F (Eq. 4) of chosen words while a picture is sampled.

Kept are only chosen words, steps and layers, as means over the heads, in half precision on the CPU.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor

from .fusion import fusion_map
from .lines import split_at_commas
from .quoting import cut, quoted

MOST_NUMBERS = 1 << 24
"""Of the maps of one run: 32 MB in half precision."""

_KEPT_RUNS = 4
_TOKENS_AT_ONCE = 4096
# Latents that went through bfloat16 are this near to what they were, in parts of the largest.
_SAME_LATENT = 0.005


@dataclass(frozen=True)
class Steps:
    """Chosen sampling steps, counted from 1: the numbers, and every n-th from the first on."""

    numbers: frozenset[int] = frozenset()
    every: int | None = None

    def __contains__(self, step: int) -> bool:
        return step in self.numbers or (self.every is not None and (step - 1) % self.every == 0)


def parse_steps(text: str) -> Steps:
    """``"1, 10, 25"``, or ``"every 10"`` for 1, 11, 21 …

    Raises:
        ValueError: anything else.
    """
    if match := re.fullmatch(r"\s*every\s+([1-9][0-9]{0,8})\s*", text, re.IGNORECASE):
        return Steps(every=int(match[1]))
    parts = re.split(r"[\s,]+", text.strip(" ,\n"))
    if not all(re.fullmatch(r"[1-9][0-9]{0,8}", part) for part in parts):
        raise ValueError(
            f"steps: {quoted(text)} is neither a list of steps such as '1, 10, 25' nor 'every "
            "10'. The first step is 1."
        )
    return Steps(frozenset(map(int, parts)))


@dataclass(frozen=True)
class LayerGroup:
    """Cross-attention layers whose maps are averaged, those of each token grid for themselves.

    Attributes:
        name: what the user wrote.
        layers: names of the layers.
        side: image tokens along the longer side of the only grid that counts; None for all grids.
    """

    name: str
    layers: frozenset[str]
    side: int | None = None

    def holds(self, layer: str, grid: tuple[int, int]) -> bool:
        return layer in self.layers and self.side in (None, max(grid))


def parse_layers(text: str, names: Sequence[str]) -> tuple[LayerGroup, ...]:
    """A list of ``all``, tokens along the longer side of a grid (``16``), or parts of layer names.

    Args:
        names: of all layers, such as ``input_blocks.1.1.transformer_blocks.0.attn2``, of which
            ``input_blocks``, ``input_blocks.1`` and the like are parts.

    Raises:
        ValueError: nothing, or a part that is in no name.
    """
    groups = []
    for part in split_list(text) or [text]:
        if re.fullmatch("[0-9]{1,9}", part):
            groups.append(LayerGroup(part, frozenset(names), int(part)))
            continue
        chosen = frozenset(n for n in names if part == "all" or f".{part}." in f".{n}.")
        if not chosen:
            raise ValueError(
                f"layers: {quoted(part)} is no part of a layer's name. Write 'all', the tokens "
                f"along a side such as 16, or parts of these names: {', '.join(names)}"
            )
        groups.append(LayerGroup(part, chosen))
    return tuple(groups)


def split_list(text: str) -> list[str]:
    """The entries of a list, one a line or with commas between them, without repetition."""
    lines = text.split("\n")
    entries = (entry.strip() for line in lines for entry in split_at_commas(line))
    return list(dict.fromkeys(entry for entry in entries if entry))


@dataclass(frozen=True)
class Choice:
    """What of a sampling run is recorded.

    Attributes:
        words: words of the prompt, or classes by name or number.
    """

    words: tuple[str, ...]
    steps: Steps
    layers: tuple[LayerGroup, ...]


def attention_to_words(
    query: Tensor, key: Tensor, scale: Tensor, alpha: Tensor, words: Sequence[Sequence[int]]
) -> Tensor:
    """F of Eq. 4, mean over the heads, summed over the tokens of each word.

    Args:
        query: ``[H, N, D]`` image tokens of one picture.
        key: ``[H, T, D]`` text tokens.
        scale: ``[N, T]`` area fractions, 1 for free tokens.
        alpha: fusion weight in 0..1, a scalar.
        words: numbers of the tokens of each of ``W`` words.

    Returns:
        ``[W, N]`` float32 in 0..1: how much of an image token's attention goes to the word.
    """
    parts = []
    for some, share in zip(
        query.split(_TOKENS_AT_ONCE, 1), scale.split(_TOKENS_AT_ONCE), strict=True
    ):
        fused = fusion_map(some[None], key[None], share[None], alpha[None])[0].mean(0)
        parts.append(torch.stack([fused[:, tokens].sum(1) for tokens in words]))
    return torch.cat(parts, 1)


class MapKey(NamedTuple):
    """Which map: of what picture of the batch, word, layer group, token grid and step."""

    picture: int
    word: str
    group: str
    grid: tuple[int, int]
    step: int


class Evaluation:
    """One prediction of the sampler: sums of maps over its layers, and over its prompts."""

    def __init__(self, choice: Choice, step: int, sigma: float) -> None:
        self.choice = choice
        self.step = step
        self.sigma = sigma
        self._sums: dict[MapKey, tuple[Tensor, int]] = {}

    def groups(self, layer: str, grid: tuple[int, int]) -> list[LayerGroup]:
        """The chosen groups that a layer is in."""
        return [group for group in self.choice.layers if group.holds(layer, grid)]

    def add(
        self,
        picture: int,
        groups: Sequence[LayerGroup],
        grid: tuple[int, int],
        maps: dict[str, Tensor],
    ) -> None:
        """Add the maps ``[N]`` of words in one layer."""
        for group in groups:
            for word, map_ in maps.items():
                key = MapKey(picture, word, group.name, grid, self.step)
                total, count = self._sums.get(key, (0.0, 0))
                self._sums[key] = total + map_, count + 1

    def means(self) -> dict[MapKey, Tensor]:
        """``[h, w]`` float16 on the CPU."""
        return {
            key: (total / count).view(key.grid).to("cpu", torch.float16)
            for key, (total, count) in self._sums.items()
        }


class Run:
    """The maps of one sampling run.

    Attributes:
        choice: what was to be recorded.
        maps: ``[h, w]`` float16, 0..1.
        latent: what the sampler returned, ``[B, C, h, w]``.
        cut_at: the first step that was left out since the run holds ``MOST_NUMBERS``, or None.
    """

    def __init__(self, choice: Choice, sigmas: Sequence[float]) -> None:
        """
        Args:
            sigmas: falling noise levels of the ``S`` steps, and of the end.
        """
        self.choice = choice
        self.maps: dict[MapKey, Tensor] = {}
        self.latent = torch.empty(0)
        self.cut_at: int | None = None
        self._sigmas = list(sigmas[:-1])
        self._sigma_of_step: dict[int, float] = {}

    def step(self, sigma: float) -> int:
        """The step, from 1 on, that a noise level lies in."""
        return max(1, sum(level >= sigma * (1 - 1e-4) for level in self._sigmas))

    def evaluation(self, sigma: float) -> Evaluation | None:
        """What records a prediction at a noise level; None where its step was not chosen."""
        step = self.step(sigma)
        # Some samplers look twice in a step; its map is the one from the beginning of the step.
        later = sigma < self._sigma_of_step.get(step, 0.0)
        if self.cut_at is not None or step not in self.choice.steps or later:
            return None
        return Evaluation(self.choice, step, sigma)

    def keep(self, evaluation: Evaluation) -> None:
        """Keep the maps of a prediction, in the place of an earlier one of the same step."""
        new = evaluation.means()
        others = {key: m for key, m in self.maps.items() if key.step != evaluation.step}
        if sum(m.numel() for m in (*others.values(), *new.values())) > MOST_NUMBERS:
            self.cut_at = evaluation.step
            return
        self.maps = others | new
        self._sigma_of_step[evaluation.step] = evaluation.sigma


class FusionRecording:
    """The last few runs of one MODEL."""

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self._runs: deque[Run] = deque(maxlen=_KEPT_RUNS)

    def add(self, run: Run, latent: Tensor) -> None:
        """Keep a run that ended with this latent."""
        run.latent = latent.detach().float().cpu()
        self._runs.appendleft(run)

    def run_of(self, latent: Tensor) -> Run:
        """The run that a latent ``[B, C, h, w]`` came from; of two, the newer.

        Raises:
            ValueError: none of the runs that are kept, or it fused no layout.
        """
        if not self._runs:
            raise ValueError(
                "recording: nothing was recorded. Is the sampler connected to the MODEL of Record "
                "Fusion Maps? If it is, its result came from the cache and it did not run; change "
                "its seed."
            )
        latent = latent.float().cpu()
        alike = [run for run in self._runs if run.latent.shape == latent.shape]
        nearest = min(alike, key=lambda run: _distance(run.latent, latent), default=None)
        if nearest is None or _distance(nearest.latent, latent) > _SAME_LATENT:
            raise ValueError(
                f"latent: it is none of the last {len(self._runs)} results of the recorded MODEL. "
                "Connect the LATENT of the sampler itself. If it is, its result came from the "
                "cache; change its seed, so that it runs again."
            )
        if not nearest.maps:
            words = ", ".join(map(cut, self.choice.words[:12]))
            raise ValueError(
                f"recording: this run fused no layout with the words {words} at the chosen steps "
                "and layers. Does the positive come from the Per-Class Prompt Encoder and hold "
                "these words? Is PLACE applied to the MODEL, at these steps, with a strength above "
                "0? Has the model such layers?"
            )
        return nearest


def _distance(one: Tensor, other: Tensor) -> float:
    """Largest difference, in parts of the largest value."""
    return float((one - other).abs().max() / other.abs().max().clamp(min=1e-6))
