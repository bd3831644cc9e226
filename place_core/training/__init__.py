"""Training PLACE on diffusers and accelerate; see docs/training.md."""
