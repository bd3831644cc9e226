"""What the trainer exports, in a real ComfyUI: its UNet predicts the noise that diffusers' does."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from in_host import noises
from in_server import tokenizer_folder
from place_core.layout import Layout
from place_core.palettes import COCO_STUFF, load_classes
from place_core.training.tokenizer import load_tokenizer
from small_training import trained, write_captioned, write_config, write_pairs

pytestmark = [pytest.mark.host, pytest.mark.slow]

CONTEXT, EFFECT = 768, 0.01


@pytest.fixture(scope="module")
def train(host, tmp_path_factory):
    """Two steps from the seeded checkpoint, which ComfyUI takes for Stable Diffusion 1.x."""
    folder = tmp_path_factory.mktemp("training")
    write_pairs(folder / "pairs")
    write_captioned(folder / "captioned")

    def run(name: str, **values):
        config = write_config(
            folder / f"{name}.yaml",
            model=host.checkpoint,
            output=folder / name,
            paired={"kind": "folder", "path": str(folder / "pairs")},
            captioned=folder / "captioned",
            steps=2,
            batch_size=1,
            ema_decay=0.0,
            **values,
        )
        return trained(config)

    return run


def in_models(host, kind: str, path: Path) -> str:
    """The file, where the host looks for models of its kind; its name."""
    folder = host.base / "models" / kind
    folder.mkdir(parents=True, exist_ok=True)
    (folder / path.name).symlink_to(path)
    return path.name


def assert_equal_noise(found, expected):
    assert (found - expected).abs().max() < 1e-4 * expected.abs().max()


def test_a_fine_tuned_checkpoint(host, loaded, train):
    from place_pack.nodes.apply import PLACEApply
    from place_pack.nodes.loaders import PLACEModelLoader

    trainer, (path,) = train("full", learning_rate=1e-3)
    model, _, _, heads = PLACEModelLoader.execute(in_models(host, "place", path)).args
    assert not torch.equal(heads.weight, loaded.heads.weight)
    (model,) = PLACEApply.execute(model, "learned", 1.0, 0.0, 1.0).args
    found, expected = noises(model, trainer.unet.eval(), CONTEXT, EFFECT)
    assert_equal_noise(found, expected)


def test_a_lora_and_its_heads(host, loaded, train):
    from place_pack.nodes.apply import PLACEApply
    from place_pack.nodes.loaders import PLACEFusionLoader

    import nodes

    trainer, (lora, heads) = train("lora", lora_rank=4, learning_rate=3e-3)
    (model,) = nodes.LoraLoaderModelOnly().load_lora_model_only(
        loaded.model, in_models(host, "loras", lora), 1.0
    )
    (fusion,) = PLACEFusionLoader.execute(in_models(host, "place", heads)).args
    (patched,) = PLACEApply.execute(model, "learned", 1.0, 0.0, 1.0, fusion=fusion).args
    found, expected = noises(patched, trainer.unet.eval(), CONTEXT, EFFECT)
    assert_equal_noise(found, expected)
    # Without the LoRA it is another network, so it did arrive.
    (without,) = PLACEApply.execute(loaded.model, "learned", 1.0, 0.0, 1.0, fusion=fusion).args
    assert (noises(without, trainer.unet, CONTEXT, EFFECT)[0] - expected).abs().max() > 1e-3


def test_prompts_of_the_training_data_are_the_tokens_that_comfyui_sees(loaded):
    from place_pack.place_core.prompts import prompt_segments
    from place_pack.place_core.tokens import bind_tokens

    classes = load_classes(COCO_STUFF)
    labels = torch.tensor([[0, 8, 134, 149, 154, 156, -1, 181]], dtype=torch.int16)[None]
    layout = Layout(labels, classes)
    tokenizer = load_tokenizer(tokenizer_folder(), None)
    tokens, class_ids = tokenizer.encode_layout(layout, {}, "")
    tokenize = loaded.clip.tokenizer.clip_l.tokenize_with_weights
    prompt = bind_tokens(
        prompt_segments(layout, {}, ""), lambda text: tokenize(text, return_word_ids=True)
    )
    assert tokens.tolist() == [token for token, _ in prompt.chunks[0]]
    assert torch.equal(class_ids, prompt.class_ids)
