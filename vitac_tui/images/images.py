"""Decoding one image to the square array that the network sees."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from PIL import Image, __version__

from vitac_tui.data.source import CorruptImage, ImageSource
from vitac_tui.images.spec import Fit, ImageSpec

Pixels = NDArray[np.uint8]
Decode = Callable[[int], Pixels]  # an image, to a square of that many pixels a side

#: Part of the key under which decoded images are kept: another version may decode otherwise.
DECODER = f"2-pillow-{__version__}"

MAX_SIDE = 60_000
MAX_PIXELS = 178_956_970  # where Pillow itself speaks of a decompression bomb
#: Larger images wait for each other, so that memory does not grow with the number of workers.
LARGE_PIXELS = 2**25
_one_large = Lock()

_GREY = ("1", "L", "LA")
_SIXTEEN_BITS = ("I;16", "I;16L", "I;16B", "I;16N", "I")


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

    The result equals that of the reference study's `Resize` of a PIL image converted to RGB:
    Pillow's bilinear filter, which smooths when it shrinks. As there, transparency is dropped and
    the EXIF orientation is not applied.

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
        # Pillow's decoders answer hostile bytes with whatever exception they stumble into.
        text = str(problem) or type(problem).__name__
        reason = "no image of a known format" if "cannot identify" in text else text
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
    pixels = max(width * height, max(width, height) * size)  # the latter where it is padded
    with image, _one_large if pixels > LARGE_PIXELS else nullcontext():
        image.load()
        square = _fitted(_grey_or_rgb(image, path), spec.fit, size)
        return np.array(square.resize((size, size), Image.Resampling.BILINEAR), dtype=np.uint8)


def _rgb(pixels: Pixels) -> Pixels:
    """Repeat a grey image in three channels."""
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def _grey_or_rgb(image: Image.Image, path: str) -> Image.Image:
    """In mode L or RGB. Grey stays one channel while it is resized: three would come out alike."""
    if image.mode == "F":
        raise CorruptImage(path, "floating-point values have no known range")
    if image.mode in _SIXTEEN_BITS:
        values = np.asarray(image)
        if values.size and (values.min() < 0 or values.max() > 65535):
            raise CorruptImage(path, "values do not fit 16 bits")
        # 65535 / 257 = 255: the same scale for every image, never stretched to its own range.
        scaled = values.astype(np.uint32)
        scaled += 128
        scaled //= 257
        return Image.fromarray(scaled.astype(np.uint8))
    return _as(image, "L" if image.mode in _GREY else "RGB")


def _as(image: Image.Image, mode: str) -> Image.Image:
    """In that mode; `convert` would copy an image that has it."""
    return image if image.mode == mode else image.convert(mode)


def _fitted(image: Image.Image, fit: Fit, size: int) -> Image.Image:
    """The image with what squashing it to `size` needs to keep its proportions."""
    width, height = image.size
    if fit == "squash" or width == height:
        return image
    if fit == "crop":
        side = min(width, height)
        left, top = (width - side) // 2, (height - side) // 2
        return image.crop((left, top, left + side, top + side))
    # The longer side is resized before the shorter one is filled up: Pillow resizes one side after
    # the other anyhow, and a square of a long strip would take gigabytes.
    side = max(width, height)
    if width > height:
        strip, canvas, place = (size, height), (size, side), (0, (side - height) // 2)
    else:
        strip, canvas, place = (width, size), (side, size), ((side - width) // 2, 0)
    filled = Image.new(image.mode, canvas)
    filled.paste(image.resize(strip, Image.Resampling.BILINEAR), place)
    return filled
