"""A sampling step with PLACE against the same step of the plain model, in a real ComfyUI.

    python3 tools bench sampler_step

The UNet has the full shape of Stable Diffusion 1 (860 M parameters, random weights, since values do
not matter for time), guidance on, so each step is one UNet call on two rows. On a CPU the latent is
64×64, in float32.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import torch
from _measure import interleaved_medians, timed

REPEATS = 5
SIZE = 64


def main() -> None:
    with tempfile.TemporaryDirectory() as base:
        cpu = ["--cpu"] if not torch.cuda.is_available() else []
        from pack_in_process import FULL_PRECISION, load_pack

        precision = FULL_PRECISION if cpu else ()
        load_pack(Path(os.environ["PLACE_COMFYUI_PATH"]), Path(base), [*cpu, *precision])
        with torch.no_grad():
            measure()


def measure() -> None:
    import comfy.model_management
    import comfy.samplers
    from place_pack.nodes.host.patching import apply_place
    from place_pack.place_core.alpha import FusionSettings

    from in_host import conditioning, sample

    plain = full_unet()
    placed = apply_place(plain, FusionSettings())
    negative = conditioning(torch.randn(1, 77, 768))
    noise = torch.randn(1, 4, SIZE, SIZE)

    def step(model, positive):
        """Seconds of one prediction inside the sampler, without loading and preparing."""
        seconds: list[float] = []

        def once(denoise, x, sigmas, extra_args=None, callback=None, disable=None):
            predict = timed(lambda: denoise(x, sigmas[0] * x.new_ones(len(x)), **extra_args))
            predict()
            seconds.append(predict())
            return x

        def run() -> float:
            sampler = comfy.samplers.KSAMPLER(once)
            sample(model, positive, negative, noise, sampler_object=sampler, steps=1)
            return seconds.pop()

        return run

    variants = {"plain model": step(plain, conditioning(torch.randn(1, 77, 768)))}
    variants |= {
        "Apply PLACE, no layout": step(placed, conditioning(torch.randn(1, 77, 768))),
        "PLACE, 6 classes": step(placed, layout_of(6)),
        "PLACE, 30 classes": step(placed, layout_of(30)),
    }
    medians = interleaved_medians(variants, REPEATS)
    device = comfy.model_management.get_torch_device()
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    print(f"{name}, {torch.get_num_threads()} threads, latent {SIZE}×{SIZE}, guidance on")
    print("| variant | seconds | ratio |\n|---|---:|---:|")
    for variant, seconds in medians.items():
        print(f"| {variant} | {seconds:.3f} | {seconds / medians['plain model']:.3f} |")


def layout_of(classes: int) -> list:
    """A conditioning of random words, two tokens a class, over a 512×512 map of stripes."""
    from in_host import conditioning

    tokens = torch.full((77,), -1)
    tokens[1 : 1 + 2 * classes] = torch.arange(classes).repeat_interleave(2)
    stripes = torch.arange(512) * classes // 512
    labels = stripes.to(torch.int16)[None, :, None].expand(1, 512, 512).contiguous()
    return conditioning(torch.randn(1, 77, 768), labels, tokens)


def full_unet() -> object:
    """A MODEL with the UNet of Stable Diffusion 1 and random weights."""
    import comfy.model_base
    import comfy.model_management
    import comfy.model_patcher
    import comfy.supported_models

    from in_host import SD1_UNET

    device = comfy.model_management.get_torch_device()
    dtype = torch.float32 if device.type == "cpu" else torch.float16
    config = comfy.supported_models.SD15({**SD1_UNET, "dtype": dtype})
    config.manual_cast_dtype = None
    base = comfy.model_base.BaseModel(config, device=torch.device("cpu"))
    for parameter in base.diffusion_model.parameters():
        parameter.normal_(std=0.02)
    return comfy.model_patcher.ModelPatcher(base, device, torch.device("cpu"))


if __name__ == "__main__":
    main()
