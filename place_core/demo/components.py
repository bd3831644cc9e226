"""The demo model's VAE without training: principal components of 8×8 pixels, in the network.

The encoder is that linear method, exactly, and stays so: what a trained one adds to pictures this
small is not worth its hours on a CPU, and all else can begin at once. The decoder begins with a
smooth picture of the mean colors, and learns the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from diffusers import AutoencoderTiny
from diffusers.models.autoencoders.vae import AutoencoderTinyBlock
from torch import Tensor

_SIDE = 8
# Linear interpolation, for a grid that was doubled by repetition.
_SMOOTH = torch.tensor([0.25, 0.5, 0.25])


@dataclass(frozen=True)
class Components:
    """Principal components of 8×8 pixels with values in 0..1.

    Attributes:
        mean: ``[192]`` of a block, color by color, row by row.
        directions: ``[C, 192]``, a component a row, the strongest first; up to 192 of them.
        scale: ``[C]``: a latent is the component divided by it. Half way to whitening: the
            latents' mean variance is 1, and details, which vary less, stay smaller than colors.
    """

    mean: Tensor
    directions: Tensor
    scale: Tensor

    @staticmethod
    def of(pictures: Tensor, channels: int) -> Components:
        """From some hundred pictures ``[B, 3, H, W]`` in −1..1, for ``channels`` latents."""
        blocks = _blocks(pictures).flatten(0, 1)
        mean = blocks.mean(0)
        _, values, directions = torch.linalg.svd(blocks - mean, full_matrices=False)
        spread = values / len(blocks) ** 0.5
        return Components(mean, directions, (spread * spread[:channels].mean()).sqrt())

    @staticmethod
    @torch.no_grad()
    def of_encoder(autoencoder: AutoencoderTiny) -> Components:
        """The components that :func:`start_from_components` made an encoder of.

        They are read from what it makes of single pixels. Computing them again would not do: other
        pictures have others, and another processor may choose other signs.

        Returns:
            ``directions [C, 192]``, already divided by their scale.
        """
        pixels = torch.cat([torch.zeros(1, 3 * _SIDE**2), torch.eye(3 * _SIDE**2)])
        blocks = pixels.unflatten(1, (3, _SIDE, _SIDE)).to(autoencoder.device)
        dark, *bright = autoencoder.encode(2 * blocks - 1).latents.flatten(1).cpu()
        rows = (torch.stack(bright) - dark).T
        return Components(-torch.linalg.pinv(rows) @ dark, rows, torch.ones(len(rows)))

    def encode(self, pictures: Tensor, channels: int) -> Tensor:
        """``[B, 3, H, W]`` in −1..1 → latents ``[B, C, H/8, W/8]``, as the network's encoder."""
        rows = (self.directions / self.scale[:, None])[:channels]
        latents = (_blocks(pictures) - self.mean) @ rows.T
        return latents.mT.unflatten(2, (pictures.shape[2] // _SIDE, pictures.shape[3] // _SIDE))


def _blocks(pictures: Tensor) -> Tensor:
    """Pictures in −1..1 → blocks ``[B, H/8 · W/8, 192]`` in 0..1."""
    return torch.nn.functional.unfold(pictures / 2 + 0.5, _SIDE, stride=_SIDE).mT


@torch.no_grad()
def start_from_components(autoencoder: AutoencoderTiny, components: Components) -> None:
    """Set all weights: the encoder makes :meth:`Components.encode`, the decoder the mean colors.

    Channels that carry nothing, and the residual branches, begin with random weights that do not
    reach the output.

    Args:
        autoencoder: in TAESD's own sizes with 30 latent channels or fewer. Its networks see
            pictures in 0..1.
        components: of the pictures.
    """
    for layer in autoencoder.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                torch.nn.init.zeros_(layer.bias)
    for block in autoencoder.modules():
        if isinstance(block, AutoencoderTinyBlock):
            torch.nn.init.zeros_(block.conv[-1].weight)
    mean, directions, scale = components.mean, components.directions, components.scale[:, None]
    _set_encoder(_convolutions(autoencoder.encoder), mean, directions / scale)
    _set_decoder(_convolutions(autoencoder.decoder), mean, directions * scale)


def _convolutions(network: torch.nn.Module) -> list[torch.nn.Conv2d]:
    """Those outside of the residual blocks, in their order."""
    return [layer for layer in network.layers if isinstance(layer, torch.nn.Conv2d)]


def _set_encoder(layers: list[torch.nn.Conv2d], mean: Tensor, whitening: Tensor) -> None:
    """``z = whitening · (pixels − mean)`` through three halvings, each 2×2 places → channels."""
    first, *halvings, last = layers
    latents = len(last.weight)
    first.weight[:4] = 0
    first.weight[range(3), range(3), 1, 1] = 1
    first.bias[3] = 1  # a constant, as the layers that follow have no bias
    carried = 3
    for layer in halvings[:2]:
        layer.weight[: 4 * carried + 1] = 0
        for place in range(4):
            rows = range(place * carried, (place + 1) * carried)
            layer.weight[rows, range(carried), 1 + place // 2, 1 + place % 2] = 1
        layer.weight[4 * carried, carried, 1, 1] = 1
        carried *= 4
    # Each component twice, with either sign: a ReLU leaves one of the two.
    kept = len(halvings[2].weight) // 2
    # Pixel y of a block is 4 y₃ + 2 y₂ + y₁ by its places in the three halvings; x likewise.
    folded = whitening[:kept].view(kept, 3, 2, 2, 2, 2, 2, 2).permute(0, 3, 6, 4, 7, 1, 2, 5)
    signed = halvings[2].weight.zero_().view(2, kept, -1, 3, 3)
    signed[0, :, :carried, 1:, 1:] = folded.reshape(kept, carried, 2, 2)
    signed[0, :, carried, 1, 1] = -whitening[:kept] @ mean
    signed[1] = -signed[0]
    last.weight.zero_()
    last.weight[range(latents), range(latents), 1, 1] = 1
    last.weight[range(latents), range(kept, kept + latents), 1, 1] = -1


def _set_decoder(layers: list[torch.nn.Conv2d], mean: Tensor, coloring: Tensor) -> None:
    """The mean colors of the blocks, interpolated; the components go on beside them."""
    first, *doublings, last = layers
    latents = first.weight.shape[1]
    used = 3 + 2 * latents
    first.weight[:used] = 0
    first.weight[:3, :, 1, 1] = coloring[:latents].view(latents, 3, -1).mean(2).T
    first.bias[:3] = mean.view(3, -1).mean(1)
    for sign, row in ((1, 3), (-1, 3 + latents)):
        first.weight[range(row, row + latents), range(latents), 1, 1] = sign
    for layer in doublings:
        layer.weight[:used] = 0
        layer.weight[range(used), range(used)] = _SMOOTH[:, None] * _SMOOTH
    last.weight.zero_()
    last.weight[range(3), range(3), 1, 1] = 1
