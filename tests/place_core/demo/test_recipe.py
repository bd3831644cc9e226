"""How much the stages learn from."""

from __future__ import annotations

import torch

from place_core.demo.finetune import write_config
from place_core.demo.recipe import CPU, GPU, Training, recipe_for
from place_core.training.config import read_config


def test_a_device_has_its_recipe():
    assert recipe_for(torch.device("cpu")) is CPU
    assert recipe_for(torch.device("cuda", 1)) is GPU


def test_the_trainer_is_told_the_recipe(tmp_path):
    for name in ("pairs", "captioned"):
        (tmp_path / name).mkdir()
    training = Training(steps=7, batch=3, rate=2e-4)
    config = read_config(write_config(tmp_path, "place", "tokenizer", GPU, training))
    assert (config.steps, config.batch_size, config.learning_rate) == (7, 3, 2e-4)
    assert (config.workers, config.checkpoint_every) == (GPU.workers, GPU.checkpoint_every)
    assert (config.alignment_weight, config.preservation_weight) == (0.1, 1.0), "both losses"
