"""The training loop."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from accelerate.utils import GradientAccumulationPlugin, ProjectConfiguration, set_seed
from diffusers.training_utils import EMAModel
from torch.utils.data import DataLoader

from ..checkpoint.diffusers_model import Model, load_model
from .checkpoints import CheckpointNotWritten, Checkpoints, save_trained_weights_only
from .config import Config, ConfigError, PairedConfig
from .data import CaptionedFiles, PairedFiles, open_captioned, paired
from .diffusion import shapes_of
from .export import export, public_configuration
from .interrupt import StopSignal, ignore_interrupt
from .learning_rate import rate_share
from .lora import add_lora
from .model import PlaceUNet
from .report import Report
from .samples import CaptionedSamples, PairedSamples, Samples, collate
from .step import Losses, TrainingStep, mean_losses
from .tokenizer import load_tokenizer
from .validation import alpha_curves, sample_map, side_by_side, validation_maps

_ALPHA_TIMESTEPS = (999, 750, 500, 250, 0)
# Everything else in a configuration must stay the same when a run is resumed.
_MAY_CHANGE = {
    "model",
    "output",
    "captioned",
    "tokenizer",
    "steps",
    "workers",
    "checkpoint_every",
    "keep_checkpoints",
    "validate_every",
    "validation",
    "validation_pictures",
    "validation_steps",
    "guidance_scale",
    "export_dtype",
    "license",
    "gradient_checkpointing",
    "cache_latents",
}


class TrainingError(RuntimeError):
    """A run that cannot go on; the message says what to do."""


class Trainer:
    """A training run of a configuration, on whatever ``accelerate`` was started with."""

    def __init__(self, config: Config, resume: bool) -> None:
        """Load everything; nothing is written yet.

        Args:
            config: the run.
            resume: go on from the newest checkpoint in ``config.output``.

        Raises:
            ConfigError, DataError, CheckpointError: what the run needs is not there.
        """
        self.config = config
        self.accelerator = Accelerator(
            mixed_precision=config.mixed_precision,
            gradient_accumulation_plugin=GradientAccumulationPlugin(
                config.gradient_accumulation,
                # The batches of a step are fetched together, so the last ones end the data early.
                sync_with_dataloader=False,
            ),
            log_with="tensorboard",
            project_config=ProjectConfiguration(str(config.output), str(config.output / "logs")),
        )
        self.checkpoints = Checkpoints(
            self.accelerator, config.output / "checkpoints", config.keep_checkpoints
        )
        self._start_from = self._checkpoint_to_resume(resume)
        # The same start in all processes: a new LoRA is random.
        set_seed(config.seed)
        self._open_data()
        self._load_model()
        self._prepare()
        self.step = 0
        self.samples = 0
        if self._start_from:
            facts = self.checkpoints.load(self._start_from)
            self.step, self.samples = facts["step"], facts["samples"]

    def _checkpoint_to_resume(self, resume: bool) -> Path | None:
        found = self.checkpoints.all()
        if resume and not found:
            raise ConfigError(f"nothing to resume: {self.config.output} holds no checkpoint")
        if not found:
            return None
        if not resume:
            raise ConfigError(
                f"{self.config.output} holds checkpoints up to {found[-1].name}. Go on with "
                "--resume, or choose another output."
            )
        before, now = self.checkpoints.facts(found[-1])["configuration"], self._facts()
        changed = [
            f"{key} (was {value}, is {now['configuration'].get(key)})"
            for key, value in before.items()
            if key not in _MAY_CHANGE and now["configuration"].get(key) != value
        ]
        if changed:
            raise ConfigError(
                f"the run in {self.config.output} was started with other values of "
                f"{', '.join(changed)}. Set them back, or choose another output."
            )
        return found[-1]

    def _facts(self) -> dict[str, Any]:
        return {"configuration": public_configuration(self.config)}

    def _open_data(self) -> None:
        config = self.config
        self.paired: PairedFiles = _open_paired(config.paired)
        self.captioned: CaptionedFiles | None = None
        if config.preservation_weight > 0 and config.captioned is not None:
            self.captioned = open_captioned(config.captioned)

    def _load_model(self) -> None:
        config = self.config
        self.frozen: Model = load_model(config.model)
        self.tokenizer = load_tokenizer(config.tokenizer, self.frozen.tokenizer_folder)
        self.frozen.vae.requires_grad_(False).to(self.accelerator.device)
        self.frozen.text_encoder.requires_grad_(False).to(self.accelerator.device)
        self.shapes = shapes_of(self.frozen.unet, self.frozen.vae, config.resolution)
        self._maps = validation_maps(
            _open_paired(config.validation) if config.validation else self.paired,
            self.tokenizer,
            config,
            self.shapes,
        )
        self.unet = PlaceUNet(self.frozen.unet, self.frozen.heads).train()
        if config.lora_rank:
            add_lora(self.unet.unet, config.lora_rank)
        if config.gradient_checkpointing:
            self.unet.unet.enable_gradient_checkpointing()

    def _prepare(self) -> None:
        config = self.config
        trained = [p for p in self.unet.unet.parameters() if p.requires_grad]
        heads = list(self.unet.heads.parameters())
        optimizer = torch.optim.AdamW(
            [
                {"params": trained, "lr": config.learning_rate},
                # Decay would pull α towards 0.5, for which there is no reason.
                {"params": heads, "lr": config.heads_learning_rate, "weight_decay": 0.0},
            ],
            weight_decay=config.weight_decay,
        )
        self._rates = [group["lr"] for group in optimizer.param_groups]
        self._trained = [*trained, *heads]
        self.accelerator.register_save_state_pre_hook(save_trained_weights_only)
        self._wrapped, self._optimizer = self.accelerator.prepare(self.unet, optimizer)
        self._ema = None
        if config.ema_decay:
            self._ema = EMAModel(self._trained, decay=config.ema_decay, foreach=True)
            self._ema.to(self.accelerator.device)
            self.accelerator.register_for_checkpointing(self._ema)
        self._backward = TrainingStep(self.accelerator, self._wrapped, self.frozen, config)

    def run(self) -> list[Path]:
        """Train to the last step, or until asked to stop, and export the result.

        Returns:
            The exported files; none after a stop, which leaves a checkpoint to resume from.

        Raises:
            TrainingError: the loss is no longer a number, or the last state cannot be saved.
            DataError: not one file of a data set can be read.
        """
        saved = self.step
        with (
            StopSignal(self.accelerator) as stop,
            Report(self.accelerator, self.config, self.step) as report,
        ):
            report.passed_over(self.paired.problems)
            report.passed_over(self.captioned.problems if self.captioned else ())
            for batches in self._batches():
                losses = self._optimize(batches)
                report.losses(self.step, losses, self._alpha())
                report.passed_over(_problems(batches))
                done = self.step == self.config.steps
                stopping = stop.requested()
                if done or stopping or self.step % self.config.checkpoint_every == 0:
                    saved = self._save(saved, report, final=done or stopping)
                if stopping and not done:
                    report.say(f"Stopped after step {self.step}. Go on with --resume.")
                    return []
                if self._time_to_validate(done):
                    self._validate(report)
        return self._export()

    def _optimize(self, batches: list[tuple[dict, dict | None]]) -> Losses:
        """One optimizer step over the batches of its accumulation."""
        self._set_learning_rates()
        parts = []
        for paired_batch, captioned_batch in batches:
            with self.accelerator.accumulate(self._wrapped):
                parts.append(self._backward(paired_batch, captioned_batch))
                if self.accelerator.sync_gradients:
                    self.accelerator.clip_grad_norm_(self._trained, self.config.max_gradient_norm)
                self._optimizer.step()
                self._optimizer.zero_grad()
        losses = mean_losses(parts)
        if self._ema is not None:
            self._ema.step(self._trained)
        self.step += 1
        self.samples += self._samples_per_step
        if not torch.isfinite(losses.total):
            raise TrainingError(
                f"the loss of step {self.step} is {float(losses.total)}. Resume from the last "
                "checkpoint with a lower learning rate, or with bf16 instead of fp16."
            )
        return losses

    def _set_learning_rates(self) -> None:
        config = self.config
        cosine = config.learning_rate_decay == "cosine"
        share = rate_share(self.step, config.steps, config.warmup_steps, cosine)
        for group, rate in zip(self._optimizer.param_groups, self._rates, strict=True):
            group["lr"] = rate * share

    @property
    def _samples_per_step(self) -> int:
        config = self.config
        return config.batch_size * config.gradient_accumulation * self.accelerator.num_processes

    def _batches(self) -> Iterator[list[tuple[dict, dict | None]]]:
        """For each step that is left: the batches of its accumulation, of both kinds."""
        loaders = [iter(self._loader(PairedSamples, self.paired))]
        if self.captioned is not None:
            loaders.append(iter(self._loader(CaptionedSamples, self.captioned)))
        for _ in range(self.step, self.config.steps):
            yield [
                (next(loaders[0]), next(loaders[1]) if len(loaders) > 1 else None)
                for _ in range(self.config.gradient_accumulation)
            ]

    def _loader(self, kind: type[Samples], source: PairedFiles | CaptionedFiles) -> DataLoader:
        config = self.config
        left = (config.steps - self.step) * self._samples_per_step
        numbers = range(self.samples, self.samples + left)
        samples = kind(source, self.tokenizer, config, self.shapes, numbers)
        loader = DataLoader(
            samples,
            batch_size=config.batch_size,
            num_workers=config.workers,
            collate_fn=collate,
            worker_init_fn=ignore_interrupt,
            pin_memory=self.accelerator.device.type == "cuda",
        )
        # In one process too: it moves the batches to the device.
        return self.accelerator.prepare(loader)

    def _alpha(self) -> dict[int, float]:
        """Mean of α over the layers, at some timesteps."""
        with torch.no_grad():
            timesteps = torch.tensor(_ALPHA_TIMESTEPS, device=self.accelerator.device)
            means = self.unet.alpha(timesteps).mean(0).tolist()
        return dict(zip(_ALPHA_TIMESTEPS, means, strict=True))

    def _validate(self, report: Report) -> None:
        """Sample the validation maps with the averaged weights; the other processes wait."""
        if self.accelerator.is_main_process:
            config = self.config
            settings = (config.validation_steps, config.guidance_scale)
            with self.averaged_weights(), self.accelerator.autocast():
                pictures = [
                    side_by_side([m.picture, sample_map(self.unet, self.frozen, m, *settings)])
                    for m in self._maps
                ]
                curves = alpha_curves(self.unet)
            report.pictures(self.step, "layout", pictures)
            report.pictures(self.step, "alpha", [curves])
        self.accelerator.wait_for_everyone()

    def _save(self, saved: int, report: Report, final: bool) -> int:
        """Write a checkpoint; a failure is only fatal when there will be no other."""
        facts = {**self._facts(), "step": self.step, "samples": self.samples}
        try:
            self.checkpoints.save(self.step, facts)
        except CheckpointNotWritten as error:
            if final:
                raise TrainingError(
                    f"{error} Free some space and go on with --resume from step {saved}."
                ) from error
            report.say(
                f"{error} Training goes on, and the next attempt follows after "
                f"{self.config.checkpoint_every} steps; free some space until then."
            )
            return saved
        return self.step

    def _time_to_validate(self, done: bool) -> bool:
        every = self.config.validate_every
        return every > 0 and (done or self.step % every == 0)

    @contextmanager
    def averaged_weights(self) -> Iterator[None]:
        """The moving average of the weights, where there is one, in place of the last ones."""
        if self._ema is None:
            yield
            return
        self._ema.store(self._trained)
        self._ema.copy_to(self._trained)
        try:
            yield
        finally:
            self._ema.restore(self._trained)

    def _export(self) -> list[Path]:
        paths: list[Path] = []
        if self.accelerator.is_main_process:
            with self.averaged_weights():
                paths = export(self.unet, self.frozen, self.config, self.step)
        self.accelerator.wait_for_everyone()
        return paths


def _problems(batches: list[tuple[dict, dict | None]]) -> Iterator[str]:
    for pair in batches:
        for batch in pair:
            yield from batch["problems"] if batch else ()


def _open_paired(config: PairedConfig) -> PairedFiles:
    return paired(config.kind, config.path, config.split)
