"""PLACE for ComfyUI: layout control for Stable Diffusion. The host's way in."""

from .nodes import comfy_entrypoint
from .nodes.host.copies import folder_of_another_copy

# A second copy must not bring its front end along: the page would run both.
WEB_DIRECTORY = None if folder_of_another_copy() else "./js"

__all__ = ["WEB_DIRECTORY", "comfy_entrypoint"]
