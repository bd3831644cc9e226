"""A first VAE without training: principal components of 8×8 pixels, laid into the network.

From random weights the demo model's VAE needs hours on a CPU to learn what a linear method finds
at once. So the encoder begins as that method, exactly; the decoder begins with a smooth picture of
the mean colors, and learns the rest.
"""

from __future__ import annotations

import torch
from diffusers import AutoencoderTiny
from diffusers.models.autoencoders.vae import AutoencoderTinyBlock
from torch import Tensor

_SIDE = 8
# Linear interpolation, for a grid that was doubled by repetition.
_SMOOTH = torch.tensor([0.25, 0.5, 0.25])


@torch.no_grad()
def start_from_components(autoencoder: AutoencoderTiny, pictures: Tensor) -> None:
    """Set all weights: latents are the first components of the pictures' 8×8 blocks, whitened.

    Channels that carry nothing yet, and the residual branches, begin with random weights that do
    not reach the output.

    Args:
        autoencoder: in TAESD's own sizes with 30 latent channels or fewer. Its networks see
            pictures in 0..1.
        pictures: ``[B, 3, H, W]`` in −1..1, some hundred.
    """
    for layer in autoencoder.modules():
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(layer.weight)
            if layer.bias is not None:
                torch.nn.init.zeros_(layer.bias)
    for block in autoencoder.modules():
        if isinstance(block, AutoencoderTinyBlock):
            torch.nn.init.zeros_(block.conv[-1].weight)
    mean, components, spread = _components(pictures / 2 + 0.5)
    _set_encoder(_convolutions(autoencoder.encoder), mean, components / spread[:, None])
    _set_decoder(_convolutions(autoencoder.decoder), mean, components * spread[:, None])


def _components(pictures: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Mean ``[192]``, components ``[192, 192]`` and their standard deviations ``[192]``."""
    blocks = torch.nn.functional.unfold(pictures, _SIDE, stride=_SIDE).mT.flatten(0, 1)
    mean = blocks.mean(0)
    _, values, components = torch.linalg.svd(blocks - mean, full_matrices=False)
    return mean, components, values / len(blocks) ** 0.5


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
