"""Decoding one image to the square array that the network sees."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, __version__

from vitac_tui.data.source import CorruptImage, ImageSource
from vitac_tui.images.spec import SIXTEEN_BITS, Fit, ImageSpec

Pixels = NDArray[np.uint8]
Decode = Callable[[int], Pixels]  # an image, to a square of that many pixels a side

#: Part of the cache key, since another version may decode differently.
DECODER = f"3-pillow-{__version__}"

MAX_SIDE = 60_000
MAX_PIXELS = 178_956_970  # Pillow's limit for decompression bombs
#: Larger images are decoded one at a time, so that memory does not grow with the workers.
LARGE_PIXELS = 2**25
_one_large = Lock()

_ORIENTATION = 0x0112
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_GREY = ("1", "L", "LA")


def decode(source: ImageSource, path: str, spec: ImageSpec) -> Pixels:
    """Read and decode an image; see `decode_content`.

    Raises:
        CorruptImage: it cannot be read or decoded.
    """
    return decode_content(source, source.read(path), path, spec)


def viewer(source: ImageSource, path: str, spec: ImageSpec) -> Decode:
    """Return a function that decodes the image as `spec` says, but to any size, for a screen.

    Images without three channels are shown as the mean of their channels.
    """

    def decode_to(side: int) -> Pixels:
        pixels = decode(source, path, replace(spec, image_size=side))
        return pixels if spec.channels == 3 else _rgb(pixels.mean(-1).astype(np.uint8))

    return decode_to


def decode_content(source: ImageSource, content: bytes, path: str, spec: ImageSpec) -> Pixels:
    """Decode the content of an image.

    Equal to torchvision's `Resize` of a Pillow image converted to RGB, as in the reference study:
    the bilinear filter smooths when it shrinks, and transparency is dropped. The EXIF orientation
    is applied first, so that photos are upright.

    Args:
        source: what the content was read from.
        content: what `source.read` returned.
        path: for messages only.
        spec: `fit` is "squash" to ignore the aspect ratio, "crop" to take the centre of the longer
            side, or "pad" to fill the shorter side up with black on both sides.

    Returns:
        uint8 [size, size, channels]; three channels are RGB.

    Raises:
        CorruptImage: not an image, truncated, too large, or of floating-point values.
    """
    try:
        planes = [_decoded_plane(plane, path, spec) for plane in _planes(source.open(content))]
    except CorruptImage:
        raise
    except Exception as problem:
        # Pillow's decoders raise many kinds of exceptions for broken files.
        text = str(problem) or type(problem).__name__
        reason = "not an image of a known format" if "cannot identify" in text else text
        raise CorruptImage(path, reason) from None
    pixels = _rgb(planes[0]) if len(planes) == 1 else np.stack(planes, axis=-1)
    if pixels.shape != spec.shape:
        raise CorruptImage(path, f"{pixels.shape[-1]} channels, not {spec.channels}")
    return pixels


def _planes(opened: Image.Image | Pixels) -> list[Image.Image]:
    """Split what Pillow has no mode for into one grey image per channel."""
    if isinstance(opened, Image.Image):
        return [opened]
    if opened.shape[-1] == 3:
        return [Image.fromarray(opened)]
    return [Image.fromarray(plane) for plane in np.moveaxis(opened, -1, 0)]


def _decoded_plane(image: Image.Image, path: str, spec: ImageSpec) -> Pixels:
    """Decode an image to uint8 [size, size] if it is grey, else to RGB [size, size, 3]."""
    size, (width, height) = spec.image_size, image.size
    if max(width, height) > MAX_SIDE or width * height > MAX_PIXELS:
        raise CorruptImage(path, f"{width}x{height} pixels are too many")
    pixels = max(width * height, max(width, height) * size)  # the latter if it is padded
    with image, _one_large if pixels > LARGE_PIXELS else nullcontext():
        image.load()
        square = _fitted(_grey_or_rgb(_upright(image), path, spec), spec.fit, size)
        return np.array(square.resize((size, size), Image.Resampling.BILINEAR), dtype=np.uint8)


def _upright(image: Image.Image) -> Image.Image:
    """Turn a loaded image as its EXIF orientation says; broken metadata is ignored."""
    try:
        method = _UPRIGHT.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:
        return image
    return image if method is None else image.transpose(method)


def _rgb(pixels: Pixels) -> Pixels:
    """Repeat a grey image in three channels."""
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def _grey_or_rgb(image: Image.Image, path: str, spec: ImageSpec) -> Image.Image:
    """Return the image in mode L or RGB. Grey stays one channel, which is faster to resize."""
    if image.mode == "F":
        if spec.value_range is None:
            raise CorruptImage(path, "floating-point values need dataset.range = [low, high]")
        return Image.fromarray(_scaled(np.asarray(image), spec.value_range))
    if image.mode in SIXTEEN_BITS:
        values = np.asarray(image)
        if spec.value_range is not None:
            return Image.fromarray(_scaled(values, spec.value_range))
        if values.size and (values.min() < 0 or values.max() > 65535):
            raise CorruptImage(path, "values do not fit 16 bits")
        # 65535 / 257 = 255: the same scale for every image, never stretched to its own range.
        scaled = values.astype(np.uint32)
        scaled += 128
        scaled //= 257
        return Image.fromarray(scaled.astype(np.uint8))
    return _as(image, "L" if image.mode in _GREY else "RGB")


def _scaled(values: NDArray[Any], value_range: tuple[float, float]) -> Pixels:
    """Map a range to 0..255; values outside are clipped, NaN becomes 0."""
    low, high = value_range
    scaled = (values.astype(np.float64) - low) * (255 / (high - low))
    pixels: Pixels = np.nan_to_num(scaled.clip(0, 255).round()).astype(np.uint8)
    return pixels


def _as(image: Image.Image, mode: str) -> Image.Image:
    """Convert the image unless it has the mode: `convert` would copy it."""
    return image if image.mode == mode else image.convert(mode)


def _fitted(image: Image.Image, fit: Fit, size: int) -> Image.Image:
    """Crop or pad the image so that squashing it to `size` keeps its proportions."""
    width, height = image.size
    if fit == "squash" or width == height:
        return image
    if fit == "crop":
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        return image.crop((left, top, left + side, top + side))
    # Resize the longer side before the shorter one is filled up: the result is the same, and a
    # square around a long strip would take gigabytes.
    side = max(width, height)
    if width > height:
        strip, canvas, place = (size, height), (size, side), (0, (side - height) // 2)
    else:
        strip, canvas, place = (width, size), (side, size), ((side - width) // 2, 0)
    filled = Image.new(image.mode, canvas)
    filled.paste(image.resize(strip, Image.Resampling.BILINEAR), place)
    return filled
