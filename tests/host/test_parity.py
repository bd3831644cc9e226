"""Inside ComfyUI the pack computes what the authors' code computes (excerpts: tests/golden)."""

from __future__ import annotations

import pytest
import torch

from in_host import SD1_UNET, conditioning, predict, record, sample
from seeded_checkpoint import seeded

pytestmark = pytest.mark.host


def relative(found, expected):
    return ((found - expected).norm() / expected.norm()).item()


def authors_case(golden, case, name):
    """Conditionings of a golden case, with and without its layout."""
    tokens = golden.tensors(f"{case}_{name}")["tokens_cls"]
    context = golden.randn(f"public/{case}/{name}/context", (2, 77, 768))
    labels = golden.label_map(name)[None]
    with_layout = conditioning(context[:1], labels, golden.token_class_ids(tokens[0]))
    return with_layout, conditioning(context[:1]), conditioning(context[1:])


def rows_like_golden(output):
    """The host batches [unconditional, conditional], the golden files the other way round."""
    return output[[1, 0]]


@pytest.mark.parametrize("name", ["blobs6", "void"])
def test_small_unet(golden, host, loaded, name):
    from place_pack.nodes.host.patching import apply_place
    from place_pack.place_core.alpha import FusionSettings

    expected = golden.tensors(f"unet_small_{name}")
    positive, _, negative = authors_case(golden, "unet_small", name)
    x = golden.randn(f"public/unet_small/{name}/x", (1, 4, 64, 64))
    model = apply_place(loaded.model, FusionSettings(loaded.heads))
    for i, timestep in enumerate(expected["timesteps"].tolist()):
        recorded = predict(model, positive, negative, x, timestep)
        assert recorded.batches == [2], "the halves of CFG must be one UNet call"
        eps = rows_like_golden(recorded.outputs[0])[..., ::2, ::2]
        assert relative(eps, expected["eps"][i]) < 5e-5
        alpha = [
            recorded.fusions[0].alpha(layer).item()
            for layer in golden.metadata(f"unet_small_{name}")["layers"]
        ]
        torch.testing.assert_close(torch.tensor(alpha), expected["alpha"][i], rtol=0, atol=2e-6)


@pytest.mark.slow
def test_full_unet_of_sd1(golden, host):
    import comfy.model_base
    import comfy.model_patcher
    import comfy.supported_models
    from place_pack.nodes.host.patching import apply_place
    from place_pack.nodes.host.sampling import alpha_over_steps
    from place_pack.place_core.alpha import FusionSettings
    from place_pack.place_core.checkpoint import find_heads

    config = comfy.supported_models.SD15({**SD1_UNET, "dtype": torch.float32})
    config.manual_cast_dtype = None
    base = comfy.model_base.BaseModel(config)
    weights = base.diffusion_model.state_dict()
    shapes = {name: tuple(shape) for name, shape in golden.manifest("unet_sd1")["parameters"]}
    heads = {name: shape for name, shape in shapes.items() if ".cascale." in name}
    assert {name: tuple(tensor.shape) for name, tensor in weights.items()} == {
        name: shape for name, shape in shapes.items() if name not in heads
    }
    for name, tensor in weights.items():
        tensor.copy_(torch.from_numpy(seeded(name, tuple(tensor.shape))))
    heads = find_heads({name: torch.from_numpy(seeded(name, s)) for name, s in heads.items()})
    cpu = torch.device("cpu")
    model = apply_place(
        comfy.model_patcher.ModelPatcher(base, cpu, cpu), FusionSettings(heads=heads)
    )

    expected = golden.tensors("unet_sd1_absent")
    layers = golden.metadata("unet_sd1_absent")["layers"]
    sigmas = base.model_sampling.sigmas[expected["alpha_timesteps"].long()]
    alpha, _, names = alpha_over_steps(model, sigmas)
    alpha = alpha[:, [names.index(layer) for layer in layers]]
    torch.testing.assert_close(alpha, expected["alpha"], rtol=0, atol=2e-6)

    positive, _, negative = authors_case(golden, "unet_sd1", "absent")
    x = golden.randn("public/unet_sd1/absent/x", (1, 4, 64, 64))
    for i, timestep in enumerate(expected["timesteps"].tolist()):
        recorded = predict(model, positive, negative, x, timestep)
        assert recorded.batches == [2]
        eps = rows_like_golden(recorded.outputs[0])[..., ::2, ::2]
        assert relative(eps, expected["eps"][i]) < 5e-5


class FixedNoise:
    """A NOISE of the host that is given."""

    seed = 0

    def __init__(self, noise):
        self.noise = noise

    def generate_noise(self, latent):
        return self.noise


@pytest.mark.slow
def test_plms_latents_after_every_step_through_the_nodes(golden, host, loaded):
    """PLMS Sampler and Apply PLACE with the host's custom sampling nodes, 10 steps, guidance 2."""
    from comfy_extras.nodes_custom_sampler import BasicScheduler, CFGGuider, SamplerCustomAdvanced
    from place_pack.nodes.apply import PLACEApply
    from place_pack.nodes.sampling import PLACEPLMS

    expected = golden.tensors("plms_void")["latents"]
    x_t = golden.randn("public/plms/void/x_T", (1, 4, 64, 64))
    with_layout, without, negative = authors_case(golden, "plms", "void")

    def latents(positive):
        model, recorded = record(PLACEApply.execute(loaded.model).args[0])
        guider = CFGGuider.execute(model, positive, negative, 2.0).args[0]
        sigmas = BasicScheduler.execute(model, "ddim_uniform", 10, 1.0).args[0]
        latent = {"samples": torch.zeros(1, 4, 64, 64)}
        sampler = PLACEPLMS.execute().args[0]
        out = SamplerCustomAdvanced.execute(FixedNoise(x_t), guider, sampler, sigmas, latent)
        # The UNet sees the latent itself; the second call is the look ahead of the first step.
        inputs = [x[:1] for i, x in enumerate(recorded.inputs) if i != 1]
        return [*inputs, out.args[0]["samples"] * 0.18215]

    plain = [x[0, :, ::2, ::2] for x in latents(without)]
    found = [x[0, :, ::2, ::2] for x in latents(with_layout)]
    assert len(found) == len(expected) == 11
    for step, (mine, theirs, unguided) in enumerate(zip(found, expected, plain, strict=True)):
        assert relative(mine, theirs) < 2e-4
        if step > 0:
            effect_of_layout = (unguided - theirs).norm()
            assert (mine - theirs).norm() < 0.02 * effect_of_layout


def test_the_sampler_node_runs_the_same_chain(golden, host, loaded):
    """PLACE KSampler by its defaults is Apply PLACE with PLMS, ddim_uniform and guidance 2."""
    from place_pack.nodes.apply import PLACEApply
    from place_pack.nodes.sampling import PLACEKSampler

    positive, _, negative = authors_case(golden, "plms", "void")
    latent = {"samples": torch.zeros(1, 4, 12, 12)}
    node = PLACEKSampler.execute(loaded.model, positive, negative, latent, seed=7, steps=5)
    import comfy.sample

    noise = comfy.sample.prepare_noise(latent["samples"], 7)
    model = PLACEApply.execute(loaded.model).args[0]
    assert torch.equal(node.args[0]["samples"], sample(model, positive, negative, noise, steps=5))
