"""PLACE for ComfyUI: layout control for Stable Diffusion. The host's way in."""

from .nodes import comfy_entrypoint

WEB_DIRECTORY = "./js"

__all__ = ["WEB_DIRECTORY", "comfy_entrypoint"]
