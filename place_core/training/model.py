"""The network that is trained: a diffusers UNet with layout fusion and its heads of α."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from diffusers import UNet2DConditionModel
from torch import Tensor

from ..alpha import AlphaHeads, learned_alpha
from ..checkpoint.model_config import EPSILON
from ..checkpoint.prediction import prediction_of
from ..losses import semantic_alignment
from .attention import FusionCall, install_attention
from .diffusion import noise_of_velocity, noise_schedule


class TrainableHeads(torch.nn.Module):
    """The heads of α (Eq. 4) as parameters, ``weight [layers, E]`` and ``bias [layers]``.

    New heads are zero, so α begins at 0.5 everywhere: plain and layout-bound attention have equal
    shares, and the gradient of the sigmoid is largest.
    """

    def __init__(self, layers: tuple[str, ...], width: int) -> None:
        super().__init__()
        self.layers = layers
        self.weight = torch.nn.Parameter(torch.zeros(len(layers), width))
        self.bias = torch.nn.Parameter(torch.zeros(len(layers)))

    def forward(self, time_embedding: Tensor) -> Tensor:
        """``[B, E]`` → α ``[layers, B]``."""
        with torch.autocast(time_embedding.device.type, enabled=False):
            return learned_alpha(self, time_embedding)

    def load(self, heads: AlphaHeads) -> None:
        """Go on from trained heads of the same layers.

        Raises:
            ValueError: heads of another UNet.
        """
        if heads.layers != self.layers or heads.weight.shape != self.weight.shape:
            raise ValueError(
                f"the PLACE heads of the base model are for {len(heads.layers)} layers with a time "
                f"embedding of {heads.embedding_width}; its UNet has {len(self.layers)} layers and "
                f"{self.weight.shape[1]}"
            )
        with torch.no_grad():
            self.weight.copy_(heads.weight)
            self.bias.copy_(heads.bias)

    def values(self) -> AlphaHeads:
        """A copy of the heads as they are now, on the CPU."""
        return AlphaHeads(
            self.layers,
            self.weight.detach().float().cpu().clone(),
            self.bias.detach().float().cpu().clone(),
        )


class PlaceUNet(torch.nn.Module):
    """ε_θ(z_t, t, S, text) of the paper; without a layout α is 0 and it is ε_θ(z_t, t, text)."""

    def __init__(self, unet: UNet2DConditionModel, heads: AlphaHeads | None = None) -> None:
        super().__init__()
        self.unet = unet
        layers = install_attention(unet)
        self.heads = TrainableHeads(layers, unet.time_embedding.linear_2.out_features)
        if heads is not None:
            self.heads.load(heads)
        self._schedule = noise_schedule()

    def alpha(self, timesteps: Tensor) -> Tensor:
        """α of every layer: ``[layers, B]`` in 0..1 for timesteps ``[B]``."""
        # It reads the raw output of the time MLP, which the UNet makes again for itself.
        embedding = self.unet.time_proj(timesteps).to(self.unet.dtype)
        return self.heads(self.unet.time_embedding(embedding))

    def noise(
        self, latents: Tensor, timesteps: Tensor, context: Tensor, call: FusionCall | None
    ) -> Tensor:
        """ε, ``[B, 4, h, w]``, also of a UNet that predicts the velocity; plain for no call."""
        predicted = self.unet(
            latents, timesteps, context, cross_attention_kwargs={"place": call}
        ).sample
        if prediction_of(self.unet) == EPSILON:
            return predicted
        return noise_of_velocity(predicted, latents, self._schedule, timesteps)

    def forward(
        self,
        latents: Tensor,
        timesteps: Tensor,
        context: Tensor,
        layout: Mapping[int, Tensor] | None = None,
        align: bool = False,
    ) -> tuple[Tensor, Tensor | None]:
        """Predict the noise.

        Args:
            latents: ``[B, 4, h, w]`` noisy latents z_t.
            timesteps: ``[B]`` int64, 0..999.
            context: ``[B, T, E]`` of the text encoder.
            layout: number of image tokens ``N`` → ``[B, N, T]`` area fractions (Eq. 3), 1 for free
                tokens, one entry for each depth of the UNet. None: α = 0.
            align: also measure the semantic alignment (Eq. 5); needs a layout and gradients.

        Returns:
            ε ``[B, 4, h, w]``, and the alignment loss, mean over blocks and samples, or None.
        """
        call = None
        if layout is not None:
            call = FusionCall(layout, self.alpha(timesteps), align)
        predicted = self.noise(latents, timesteps, context, call)
        if call is None or not call.align:
            return predicted, None
        return predicted, self.alignment(call)

    def alignment(self, call: FusionCall) -> Tensor:
        """Eq. 5 of a call, mean over the blocks and the samples.

        After the UNet and not inside of its layers, so that gradient checkpointing does not make
        the self-attention maps once more than the loss itself does.
        """
        with torch.autocast(call.alpha.device.type, enabled=False):
            losses = [semantic_alignment(*record) for record in call.records.values()]
        return torch.stack(losses).mean()
