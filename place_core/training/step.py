"""One training step: the losses of a batch, and their gradients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import torch
from accelerate import Accelerator
from torch import Tensor

from ..checkpoint.diffusers_model import Model
from ..losses import denoising_loss, total_loss
from .config import Config
from .diffusion import (
    LatentCache,
    encode_images,
    encode_text,
    noise_schedule,
    velocity_weights,
)


@dataclass(frozen=True)
class Losses:
    """Terms of Eq. 8 as scalars without gradients; 0 where a term is not used."""

    denoising: Tensor
    alignment: Tensor
    preservation: Tensor
    total: Tensor


def mean_losses(parts: Sequence[Losses]) -> Losses:
    """Of several batches of equal size."""
    return Losses(*(torch.stack(terms).mean() for terms in zip(*map(astuple, parts), strict=True)))


class TrainingStep:
    """Adds the gradients of Eq. 8 for one batch of each kind.

    The two kinds go through the UNet one after the other, each with its own backward pass: the
    gradient of a sum is the sum of the gradients, and only one batch's activations exist at a time.
    """

    def __init__(
        self, accelerator: Accelerator, unet: torch.nn.Module, frozen: Model, config: Config
    ) -> None:
        self._accelerator = accelerator
        self._unet = unet
        self._vae = frozen.vae
        self._text_encoder = frozen.text_encoder
        self._config = config
        self._cache = LatentCache(frozen.vae) if config.cache_latents else None
        self._schedule = noise_schedule()

    def __call__(self, paired: Mapping[str, Any], captioned: Mapping[str, Any] | None) -> Losses:
        """Backward passes of a batch with layouts and, for L_LFP, one without."""
        config, device = self._config, self._accelerator.device
        alignment = preservation = torch.zeros((), device=device)
        if captioned is not None:
            # No exchange of gradients between processes yet: the pass below does it for both.
            with self._accelerator.no_sync(self._unet):
                predicted, _ = self.predict(captioned)
                preservation = self._denoising(predicted, captioned)
                self._accelerator.backward(config.preservation_weight * preservation)
        align = config.alignment_weight > 0
        predicted, aligned = self.predict(paired, paired["layout"], align)
        denoising = self._denoising(predicted, paired)
        if aligned is not None:
            alignment = aligned
        weights = (config.alignment_weight, config.preservation_weight)
        self._accelerator.backward(total_loss(denoising, alignment, 0.0, *weights))
        terms = [term.detach() for term in (denoising, alignment, preservation)]
        return Losses(*terms, total_loss(*terms, *weights))

    def predict(
        self,
        batch: Mapping[str, Any],
        layout: Mapping[int, Tensor] | None = None,
        align: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """ε and the alignment loss, as :class:`~place_core.training.model.PlaceUNet` gives them.

        Args:
            batch: of :func:`~place_core.training.samples.collate`.
            layout: the batch's own, or None for α = 0.
            align: also measure Eq. 5.
        """
        with self._accelerator.autocast():
            latents = self._latents(batch).float()
            context = encode_text(self._text_encoder, batch["tokens"])
        noisy = self._schedule.add_noise(latents, batch["noise"], batch["timestep"])
        return self._unet(noisy, batch["timestep"], context, layout, align)

    def _denoising(self, predicted: Tensor, batch: Mapping[str, Any]) -> Tensor:
        """Eq. 6 or 7, weighted as the configuration says."""
        weights = None
        if self._config.loss_weighting == "velocity":
            weights = velocity_weights(self._schedule, batch["timestep"])
        return denoising_loss(predicted, batch["noise"], weights)

    def _latents(self, batch: Mapping[str, Any]) -> Tensor:
        if self._cache is None:
            return encode_images(self._vae, batch["image"], batch["posterior"])
        return self._cache.encode(batch["image"], batch["posterior"], batch["picture"])
