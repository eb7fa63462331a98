from __future__ import annotations

import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from vitac_tui.data.source import CorruptImage, FolderSource
from vitac_tui.images import images
from vitac_tui.images.images import Pixels
from vitac_tui.images.spec import Fit, ImageSpec


def decode(path: Path, size: int, fit: Fit) -> Pixels:
    return images.decode(FolderSource(path.parent), path.name, ImageSpec(size, fit))


def noise(width: int, height: int, channels: int = 3) -> np.ndarray:
    shape = (height, width, channels) if channels > 1 else (height, width)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


@pytest.mark.parametrize("size", [(640, 480), (256, 256), (100, 300), (227, 227), (37, 11)])
@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_squashing_is_exactly_the_studys_resize(tmp_path: Path, size, suffix: str):
    transforms = pytest.importorskip("torchvision.transforms")
    path = tmp_path / f"image.{suffix}"
    Image.fromarray(noise(*size)).save(path)
    with Image.open(path) as image:
        expected = np.asarray(transforms.Resize((227, 227))(image.convert("RGB")))
    assert np.array_equal(decode(path, 227, "squash"), expected)


@pytest.mark.parametrize("size", [8, 3, 13])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK"])
def test_every_mode_becomes_what_conversion_to_rgb_gives(tmp_path: Path, mode: str, size: int):
    path = tmp_path / ("image.tif" if mode == "CMYK" else "image.png")
    Image.fromarray(noise(8, 8)).convert(mode).save(path)
    with Image.open(path) as image:
        assert image.mode == mode
        rgb = image.convert("RGB")
        expected = np.asarray(rgb.resize((size, size), Image.Resampling.BILINEAR))
    decoded = decode(path, size, "squash")
    assert decoded.dtype == np.uint8
    assert decoded.shape == (size, size, 3)
    assert np.array_equal(decoded, expected)


@pytest.mark.parametrize("fit", ["squash", "crop", "pad"])
@pytest.mark.parametrize("size", [(300, 200), (20, 31)])
def test_grey_is_fitted_as_the_same_image_in_colour(tmp_path: Path, size, fit: str):
    grey = Image.fromarray(noise(*size, channels=1))  # type: ignore[misc]
    grey.save(tmp_path / "grey.png")
    grey.convert("RGB").save(tmp_path / "colour.png")
    one, other = (decode(tmp_path / f"{name}.png", 64, fit) for name in ("grey", "colour"))
    assert np.array_equal(one, other)


def test_transparency_is_dropped_as_in_the_study(tmp_path: Path):
    Image.new("RGBA", (8, 8), (200, 100, 50, 0)).save(tmp_path / "a.png")
    assert decode(tmp_path / "a.png", 8, "squash")[0, 0].tolist() == [200, 100, 50]


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_sixteen_bits_are_divided_by_257_and_never_stretched(tmp_path: Path, suffix: str):
    values = np.array([[0, 257], [257 * 100, 65535]], np.uint16)
    Image.fromarray(values).save(tmp_path / f"a.{suffix}")
    decoded = decode(tmp_path / f"a.{suffix}", 2, "squash")
    assert decoded[..., 0].tolist() == [[0, 1], [100, 255]]
    Image.fromarray(values // 100).save(tmp_path / f"dark.{suffix}")
    assert decode(tmp_path / f"dark.{suffix}", 2, "squash").max() == 3


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_upright(tmp_path: Path, orientation: int, suffix: str):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.fromarray(noise(8, 8)).resize((24, 16), Image.Resampling.NEAREST)
    image.save(tmp_path / f"a.{suffix}", exif=exif)
    with Image.open(tmp_path / f"a.{suffix}") as saved:
        upright = ImageOps.exif_transpose(saved)
    expected = np.asarray(upright.resize((8, 8), Image.Resampling.BILINEAR))
    assert np.array_equal(decode(tmp_path / f"a.{suffix}", 8, "squash"), expected)


def test_broken_metadata_does_not_make_an_image_unreadable(tmp_path: Path):
    Image.fromarray(noise(8, 8)).save(tmp_path / "a.png", exif=b"Exif\0\0MM\0*\xff\xff\xff\xff")
    assert np.array_equal(decode(tmp_path / "a.png", 8, "squash"), noise(8, 8))


def test_crop_takes_the_centre_and_pad_fills_up_with_black(tmp_path: Path):
    pixels = np.full((8, 16, 3), 255, np.uint8)
    pixels[:, :4] = pixels[:, 12:] = (255, 0, 0)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    assert (decode(tmp_path / "a.png", 8, "crop") == 255).all()
    padded = decode(tmp_path / "a.png", 16, "pad")
    assert (padded[:4] == 0).all()
    assert (padded[12:] == 0).all()
    assert np.array_equal(padded[4:12], pixels)


@pytest.mark.parametrize("size", [(90, 40), (41, 90), (301, 7), (3, 200)])
def test_padding_is_what_squashing_the_filled_up_square_gives(tmp_path: Path, size):
    Image.fromarray(noise(*size)).save(tmp_path / "a.png")
    side = max(size)
    square = Image.new("RGB", (side, side))
    place = ((side - size[0]) // 2, (side - size[1]) // 2)
    square.paste(Image.fromarray(noise(*size)), place)
    square.save(tmp_path / "square.png")
    expected = decode(tmp_path / "square.png", 64, "squash").astype(int)
    assert np.abs(decode(tmp_path / "a.png", 64, "pad") - expected).max() <= 1


@pytest.mark.parametrize("size", [(1, 60_000), (60_000, 1)])
def test_a_long_strip_takes_no_square_of_memory(tmp_path: Path, size):
    Image.new("RGB", size, "white").save(tmp_path / "a.png")
    code = (
        "import resource, sys; from pathlib import Path\n"
        "from vitac_tui.data.source import FolderSource\n"
        "from vitac_tui.images.images import decode\n"
        "from vitac_tui.images.spec import ImageSpec\n"
        "resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))\n"
        "source = FolderSource(Path(sys.argv[1]))\n"
        "[decode(source, 'a.png', ImageSpec(227, fit)) for fit in ('pad', 'crop', 'squash')]"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_the_format_is_told_by_the_content_and_not_by_the_suffix(tmp_path: Path):
    Image.fromarray(noise(8, 8)).save(tmp_path / "a.png")
    (tmp_path / "a.png").rename(tmp_path / "a.jpg")
    assert np.array_equal(decode(tmp_path / "a.jpg", 8, "squash"), noise(8, 8))


def test_the_first_picture_of_several_is_taken(tmp_path: Path):
    pictures = [Image.fromarray(noise(8, 8)), Image.new("RGB", (8, 8))]
    for name, save_all in (("one.jpg", False), ("two.mpo", True), ("two.gif", True)):
        extra = {"append_images": pictures[1:]} if save_all else {}
        pictures[0].save(tmp_path / name, save_all=save_all, **extra)
    one, two = (decode(tmp_path / name, 8, "squash") for name in ("one.jpg", "two.mpo"))
    assert np.array_equal(one, two)
    assert decode(tmp_path / "two.gif", 8, "squash").any()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds nothing."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    end = b"IEND"
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", 0)
        + end
        + struct.pack(">I", zlib.crc32(end))
    )


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n"


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "not an image of a known format"),
        (b"not an image", "not an image of a known format"),
        (EPS, "not an image of a known format"),
        (png_header(61_000, 10), "61000x10 pixels are too many"),
        (png_header(50_000, 50_000), "decompression bomb"),
        (png_header(8, 8), ""),
    ],
)
def test_what_is_no_sound_image_is_refused_with_the_reason(
    tmp_path: Path, data: bytes, reason: str
):
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(CorruptImage) as refused:
        decode(tmp_path / "a.png", 8, "squash")
    assert reason in refused.value.reason
    assert refused.value.path == "a.png"


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif", "webp"])
def test_a_truncated_image_is_refused(tmp_path: Path, suffix: str):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(noise(64, 64)).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(CorruptImage):
        decode(path, 8, "squash")


@pytest.mark.parametrize(
    "values, reason",
    [
        (np.zeros((2, 2), np.float32), "floating-point"),
        (np.full((2, 2), 70_000, np.int32), "16 bits"),
    ],
)
def test_values_without_a_known_range_are_refused(tmp_path: Path, values, reason: str):
    Image.fromarray(values).save(tmp_path / "a.tif")
    with pytest.raises(CorruptImage) as refused:
        decode(tmp_path / "a.tif", 8, "squash")
    assert reason in refused.value.reason


def test_a_fifo_is_refused_without_waiting_and_an_absent_file_at_once(tmp_path: Path):
    os.mkfifo(tmp_path / "fifo.png")
    for name in ("fifo.png", "absent.png"):
        with pytest.raises(CorruptImage):
            decode(tmp_path / name, 8, "squash")
