"""Compare image decoders with Pillow on one core: speed, and difference of the pixels.

python benchmarks/decoding.py [--data DIR] [--images 200] [--rounds 5]

Each decoder turns the same files, held in memory, into RGB squares. `vitac-tui` is what runs use
(`images/images.py`); `plain Pillow` is open, convert, resize. The others decode with torchcodec,
simplejpeg or Pillow, and resize with Pillow or with torch's antialiased `interpolate`; `draft`
makes libjpeg decode at a fraction of the size. A decoder that is not installed, or cannot read a
format, is left out. The decoders take turns; the table has medians. A ratio above 1 is faster than
plain Pillow.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import checkout  # noqa: F401
import numpy as np
import torch
from children import run_child
from PIL import Image, __version__
from torch.nn.functional import interpolate

from vitac_tui.data.source import FolderSource
from vitac_tui.images.images import decode_content
from vitac_tui.images.spec import ImageSpec

SIZES = (64, 128, 227)
BILINEAR = Image.Resampling.BILINEAR

Decoder = Callable[[bytes, int], np.ndarray]  # file and side to uint8 [side, side, 3]


def ours(data: bytes, size: int) -> np.ndarray:
    return decode_content(FolderSource(Path()), data, "image", ImageSpec(size))


def plain(data: bytes, size: int) -> np.ndarray:
    return np.array(Image.open(BytesIO(data)).convert("RGB").resize((size, size), BILINEAR))


def draft(data: bytes, size: int) -> np.ndarray:
    image = Image.open(BytesIO(data))
    image.draft("RGB", (size, size))
    return np.array(image.convert("RGB").resize((size, size), BILINEAR))


def pillow_torch(data: bytes, size: int) -> np.ndarray:
    pixels = torch.from_numpy(np.array(Image.open(BytesIO(data)).convert("RGB")))
    return shrunk(pixels.permute(2, 0, 1), size)


def torchcodec_torch(data: bytes, size: int) -> np.ndarray:
    from torchcodec.decoders import decode_image

    return shrunk(decode_image(data), size)


def torchcodec_pillow(data: bytes, size: int) -> np.ndarray:
    from torchcodec.decoders import decode_image

    image = Image.fromarray(decode_image(data).permute(1, 2, 0).numpy())
    return np.array(image.resize((size, size), BILINEAR))


def simplejpeg_pillow(data: bytes, size: int) -> np.ndarray:
    import simplejpeg

    return np.array(Image.fromarray(simplejpeg.decode_jpeg(data)).resize((size, size), BILINEAR))


def simplejpeg_torch(data: bytes, size: int) -> np.ndarray:
    import simplejpeg

    return shrunk(torch.from_numpy(simplejpeg.decode_jpeg(data)).permute(2, 0, 1), size)


def shrunk(pixels: torch.Tensor, size: int) -> np.ndarray:
    """Resize uint8 [3, H, W] to a square, as torchvision's `Resize` does with a tensor."""
    square = interpolate(pixels[None], (size, size), mode="bilinear", antialias=True)
    return square[0].permute(1, 2, 0).contiguous().numpy()


DECODERS: dict[str, tuple[str, Decoder]] = {
    "plain Pillow": ("PIL", plain),
    "vitac-tui": ("PIL", ours),
    "Pillow, draft": ("PIL", draft),
    "Pillow, torch": ("PIL", pillow_torch),
    "torchcodec, torch": ("torchcodec", torchcodec_torch),
    "torchcodec, Pillow": ("torchcodec", torchcodec_pillow),
    "simplejpeg, torch": ("simplejpeg", simplejpeg_torch),
    "simplejpeg, Pillow": ("simplejpeg", simplejpeg_pillow),
}


def able(files: list[bytes]) -> dict[str, Decoder]:
    """Return the decoders that are installed and can read these files."""
    found = {}
    for name, (module, decoder) in DECODERS.items():
        if find_spec(module) is None:
            print(f"{name}: not installed")
            continue
        try:
            decoder(files[0], SIZES[0])
        except (ImportError, RuntimeError, ValueError) as problem:
            print(f"{name}: {str(problem).splitlines()[0]}")
        else:
            found[name] = decoder
    return found


def compare(title: str, files: list[bytes], rounds: int) -> None:
    print(f"\n{title}, {len(files)} images")
    decoders = able(files)
    print(f"{'':24}{'px':>5}{'images/s':>10}{'ratio':>7}{'largest':>9}{'differ':>9}{'by > 1':>9}")
    for size in SIZES:
        times: dict[str, list[float]] = {name: [] for name in decoders}
        for _ in range(rounds):
            for name, decoder in decoders.items():
                begun = time.perf_counter()
                for data in files:
                    decoder(data, size)
                times[name].append(time.perf_counter() - begun)
        right = np.stack([plain(data, size) for data in files]).astype(np.int16)
        for name, decoder in decoders.items():
            off = np.abs(np.stack([decoder(data, size) for data in files]) - right)
            taken = statistics.median(times[name])
            ratio = statistics.median(times["plain Pillow"]) / taken
            print(
                f"{name:24}{size:5}{len(files) / taken:10.0f}{ratio:6.2f}x"
                f"{off.max():9}{(off > 0).mean():9.2%}{(off > 1).mean():9.2%}"
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, help="a folder with JPEG and PNG images below it")
    parser.add_argument("--images", type=int, default=200, help="of each kind")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    print(f"Pillow {__version__}, torch {torch.__version__}; one core")
    print(
        "largest: largest difference to plain Pillow, of 255; differ: share of values that differ"
    )
    with tempfile.TemporaryDirectory() as folder:
        run_child(["-P", "-m", "vitac_tui", "dataset", "sample", folder, "--quiet"])
        sets = [("sample set, PNG", Path(folder), "png")]
        if args.data:
            sets += [(f"{args.data.name}, {kind}", args.data, kind) for kind in ("jpg", "png")]
        for title, root, suffix in sets:
            paths = sorted(root.rglob(f"*.{suffix}"))[: args.images]
            if paths:
                compare(title, [path.read_bytes() for path in paths], args.rounds)


if __name__ == "__main__":
    main()
