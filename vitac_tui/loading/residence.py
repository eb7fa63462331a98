"""Keeping decoded images in GPU memory if they fit, and sending tensors to the device."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from vitac_tui.images.mapped import reading_ahead

MOST = 0.5  # fraction of the GPU's free memory; the rest is for the network and activations
_CHUNK = 2**26  # bytes sent at a time


def on_device(pixels: np.ndarray, device: torch.device) -> np.ndarray | Tensor:
    """Move the images to the GPU if they fit, so that batches do not wait for the host.

    Args:
        pixels: uint8 [N, S, S, 3], which may be memory-mapped.
        device: of the batches. Images stay in the array unless it is a CUDA device.
    """
    if device.type != "cuda" or not fits(pixels.nbytes, torch.cuda.mem_get_info(device)[0]):
        return pixels
    return uploaded(pixels, device)


def fits(size: int, free: int) -> bool:
    """Return whether images of `size` bytes fit into their share of `free` bytes."""
    return size <= MOST * free


def uploaded(pixels: np.ndarray, device: torch.device) -> Tensor:
    """Copy images to the device in chunks, so that the host never holds all of them."""
    target = torch.empty(pixels.shape, dtype=torch.uint8, device=device)
    step = max(1, _CHUNK // max(1, pixels[:1].nbytes))
    rows = np.arange(len(pixels))
    pieces = (rows[start : start + step] for start in range(0, len(pixels), step))
    for piece in reading_ahead(pixels, pieces, lambda piece: piece):
        target[piece[0] : piece[-1] + 1].copy_(torch.from_numpy(pixels[piece]))
    return target


def sent(tensor: Tensor, device: torch.device) -> Tensor:
    """Send a tensor to the device. A GPU copies it from pinned memory in the background."""
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)
