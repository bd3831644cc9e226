"""PLACE on any model, for any sampler."""

from __future__ import annotations

import logging
from typing import Any

from comfy_api.latest import io

from ..place_core.alpha import DEFAULT_SCHEDULE, SCHEDULES, AlphaHeads, FusionSettings
from .host.patching import apply_place, attached_heads
from .host.sampling import curve_schedule
from .sockets import CATEGORY, Curve, PlaceFusion


class PLACEApply(io.ComfyNode):
    """MODEL → MODEL that follows the layouts of its conditionings."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="PLACEApply",
            display_name="Apply PLACE",
            category=CATEGORY,
            description=(
                "Makes a model follow the layout inside a CONDITIONING of the Per-Class Prompt "
                "Encoder, with any sampler. Works on PLACE checkpoints (alpha 'learned') and on "
                "ordinary Stable Diffusion 1.x, 2.x and SDXL ones (alpha by a schedule). Put it "
                "after LoRA loaders and before the sampler."
            ),
            search_aliases=["layout control", "regional attention", "attention couple", "place"],
            inputs=[
                io.Model.Input("model", tooltip="The model to control; it stays as it is."),
                io.Combo.Input(
                    "alpha",
                    optional=True,
                    options=["learned", *SCHEDULES, "curve"],
                    default="learned",
                    tooltip=(
                        "How strongly the layout acts over the steps. 'learned' uses the heads of "
                        f"a PLACE checkpoint, or {DEFAULT_SCHEDULE} where there are none. 'cosine' "
                        "and 'linear' fall from 1 to 0, 'constant' stays, 'curve' follows the "
                        "curve input."
                    ),
                ),
                io.Float.Input(
                    "strength",
                    optional=True,
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.01,
                    tooltip="Factor on alpha. At 0 the model is exactly the unpatched one.",
                ),
                io.Float.Input(
                    "start_percent",
                    optional=True,
                    default=0.0,
                    min=0.0,
                    max=1.0,
                    step=0.001,
                    advanced=True,
                    tooltip="Part of the sampling at which layout control begins.",
                ),
                io.Float.Input(
                    "end_percent",
                    optional=True,
                    default=1.0,
                    min=0.0,
                    max=1.0,
                    step=0.001,
                    advanced=True,
                    tooltip="Part of the sampling at which layout control ends.",
                ),
                PlaceFusion.Input(
                    "fusion",
                    optional=True,
                    tooltip="Learned heads to use instead of those inside the model.",
                ),
                Curve.Input(
                    "curve",
                    optional=True,
                    # A socket: else the front end puts a curve of its own into every prompt.
                    extra_dict={"forceInput": True},
                    tooltip="Alpha from the first step (left) to the last, of the Curve Editor.",
                ),
            ],
            outputs=[io.Model.Output(tooltip="The model with layout control.")],
        )

    @classmethod
    def execute(
        cls,
        model: Any,
        alpha: str = "learned",
        strength: float = 1.0,
        start_percent: float = 0.0,
        end_percent: float = 1.0,
        fusion: AlphaHeads | None = None,
        curve: Any = None,
    ) -> io.NodeOutput:
        heads, schedule = None, SCHEDULES[DEFAULT_SCHEDULE]
        if alpha == "learned":
            heads = fusion or attached_heads(model)
            if heads is None:
                logging.info(
                    "[PLACE] the model has no fusion heads: alpha follows '%s'", DEFAULT_SCHEDULE
                )
        elif alpha == "curve":
            if curve is None:
                raise ValueError("curve: alpha is 'curve' but no curve is connected")
            schedule = curve_schedule(curve)
        else:
            schedule = SCHEDULES[alpha]
        settings = FusionSettings(heads, schedule, strength, start_percent, end_percent)
        return io.NodeOutput(apply_place(model, settings))
