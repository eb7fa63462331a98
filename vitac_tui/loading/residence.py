"""Where the decoded images stay while a run works, and how what stays here gets to the device."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vitac_tui.images.mapped import reading_ahead

MOST = 0.5  # of the GPU's free memory; the rest is for the network and its activations
_CHUNK = 2**26  # bytes sent at a time


def on_device(pixels: np.ndarray, device: torch.device) -> np.ndarray | Tensor:
    """The images on the GPU where they fit, so that no batch waits for the host; else as they are.

    Args:
        pixels: uint8 [N, S, S, 3], which may be memory-mapped.
        device: where batches go; on any but a CUDA device the images stay in the array.
    """
    if device.type != "cuda" or not fits(pixels.nbytes, torch.cuda.mem_get_info(device)[0]):
        return pixels
    return uploaded(pixels, device)


def fits(size: int, free: int) -> bool:
    """Whether images of `size` bytes may take their share of `free` bytes."""
    return size <= MOST * free


def uploaded(pixels: np.ndarray, device: torch.device) -> Tensor:
    """A copy on the device, made piece by piece, so that the host never holds all images."""
    target = torch.empty(pixels.shape, dtype=torch.uint8, device=device)
    step = max(1, _CHUNK // max(1, pixels[:1].nbytes))
    rows = np.arange(len(pixels))
    pieces = (rows[start : start + step] for start in range(0, len(pixels), step))
    for piece in reading_ahead(pixels, pieces, lambda piece: piece):
        target[piece[0] : piece[-1] + 1].copy_(torch.from_numpy(pixels[piece]))
    return target


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on the device. A GPU fetches it from pinned memory while this process goes on."""
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)
