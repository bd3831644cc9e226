"""What a UNet of diffusers predicts: the noise ε, or the velocity √ᾱ·ε − √(1−ᾱ)·z.

Diffusers keeps it with the sampler; here it stays with the weights, which are right for one of them
only.
"""

from __future__ import annotations

from diffusers import UNet2DConditionModel

from .model_config import EPSILON

_KEY = "prediction_type"


def prediction_of(unet: UNet2DConditionModel) -> str:
    """One of ``PREDICTIONS``; Stable Diffusion 1.x itself predicts the noise."""
    return unet.config.get(_KEY, EPSILON)


def set_prediction(unet: UNet2DConditionModel, prediction: str) -> None:
    """Note in the UNet's configuration what it predicts."""
    unet.register_to_config(**{_KEY: prediction})
