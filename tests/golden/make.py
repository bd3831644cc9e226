"""Cut the excerpts of the tests out of the full reference files: python make.py FOLDER."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = Path(__file__).parent
GRIDS = (64, 32, 16, 8)


def read(path: Path) -> tuple[dict[str, np.ndarray], dict]:
    with safe_open(path, framework="np") as file:
        return {name: file.get_tensor(name) for name in file.keys()}, json.loads(
            file.metadata()["json"]
        )


def write(name: str, tensors: dict[str, np.ndarray], **metadata: object) -> None:
    tensors = {key: np.ascontiguousarray(value) for key, value in tensors.items()}
    save_file(tensors, HERE / f"{name}.safetensors", {"json": json.dumps(metadata)})


def main(folder: Path) -> None:
    for path in sorted((folder / "lcm").glob("*.safetensors")):
        full, _ = read(path)
        counts = {
            f"count{r}": np.rint(full[f"r{r}.fraction"] * (512 // r) ** 2).astype(np.uint16)
            for r in GRIDS
        }
        np.savez_compressed(
            HERE / f"lcm_{path.stem}.npz", label=full["label"], classes=full["classes"], **counts
        )
    for path in sorted((folder / "attention").glob("*.safetensors")):
        full, _ = read(path)
        cut = {"tokens_cls": full["tokens_cls"]}
        for r in GRIDS:
            # The last rows are those of partly covered cells.
            rows = np.r_[0:4, -8:0]
            cut |= {
                f"r{r}.alpha": full[f"r{r}.alpha"],
                f"r{r}.rows": full[f"r{r}.rows"][rows],
                f"r{r}.out": full[f"r{r}.out"][:, rows],
                f"r{r}.out_checksum": full[f"r{r}.out_checksum"],
                f"r{r}.map_rows": full[f"r{r}.map_rows"][-4:],
                f"r{r}.map": full[f"r{r}.map"][:, :, -4:],
            }
        write(f"attention_{path.stem}", cut)
    for path in sorted((folder / "unet_small").glob("*.safetensors")):
        full, metadata = read(path)
        keep = ("timesteps", "alpha", "tokens_cls", "x_checksum", "context_checksum")
        cut = {key: full[key] for key in keep} | {"eps": full["eps"][..., ::2, ::2]}
        write(f"unet_small_{path.stem}", cut, stride=2, layers=metadata["layers"])
    full, metadata = read(folder / "unet_sd1" / "absent.safetensors")
    keep = ("timesteps", "alpha_timesteps", "alpha", "alpha_in_forward", "tokens_cls")
    cut = {key: full[key] for key in keep} | {"eps": full["eps"][..., ::2, ::2]}
    write("unet_sd1_absent", cut, stride=2, layers=metadata["layers"])
    full, _ = read(folder / "plms" / "void.safetensors")
    keep = ("timesteps", "alphas_cumprod", "tokens_cls")
    cut = {key: full[key] for key in keep} | {
        "unet_out": full["unet_out"][..., ::4, ::4],
        "latents": full["latents"][..., ::2, ::2],
    }
    write("plms_void", cut, stride=2, unet_out_stride=4)
    for name in ("unet_small", "unet_sd1"):
        manifest = json.loads((folder / f"manifest_{name}.json").read_text())
        slim = {
            "config": manifest["config"],
            "sha256_all": manifest["sha256_all"],
            "parameters": [[e["name"], e["shape"]] for e in manifest["parameters"]],
        }
        lines = ",\n    ".join(json.dumps(entry) for entry in slim.pop("parameters"))
        head = json.dumps(slim, indent=2)[:-2]
        (HERE / f"manifest_{name}.json").write_text(
            f'{head},\n  "parameters": [\n    {lines}\n  ]\n}}\n'
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
