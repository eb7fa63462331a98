"""The `[dataset]` table: one settings class per layout, each naming the function that reads it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator, Field, PlainValidator

from vitac_tui.experiment import plugins
from vitac_tui.experiment.declare import Many, Settings, setting
from vitac_tui.experiment.one_of import OneOf
from vitac_tui.experiment.plugins import Extensible, Plugin
from vitac_tui.experiment.registries import AUGMENTATIONS, named


def _regular_expression(value: str) -> str:
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as problem:
        raise ValueError(f"{value!r} is not a regular expression ({problem})") from None
    return value


def _group_expression(value: str) -> str:
    _regular_expression(value)
    if value and re.compile(value).groups == 0:
        raise ValueError(
            f"{value!r} has no group in parentheses to take the name from, as in 'scale_([0-9]+)_'"
        )
    return value


MOST = 1e9  # of a pixel's value
Bound = Annotated[float, Field(ge=-MOST, le=MOST)]


def _value_range(value: Any) -> str | tuple[float, float]:
    if isinstance(value, str) and value in ("auto", "full"):
        return value
    if isinstance(value, list | tuple) and len(value) == 2:
        low, high = value
        numbers = all(isinstance(n, int | float) and not isinstance(n, bool) for n in value)
        if numbers and -MOST <= low < high <= MOST:
            return float(low), float(high)
    raise ValueError('expects "auto", "full" or [low, high], with low below high')


#: "auto", "full" or (low, high).
ValueRange = Annotated[
    Any,
    PlainValidator(
        _value_range,
        json_schema_input_type=Annotated[list[Bound], Field(min_length=2, max_length=2)]
        | Literal["auto", "full"],
    ),
]

Expression = Annotated[str, AfterValidator(_regular_expression)]
GroupExpression = Annotated[str, AfterValidator(_group_expression)]


class Split(Settings):
    """How images are divided into training, validation and test where no list does it."""

    by: Literal["group", "image"] = setting(
        "group",
        help=(
            "group: all images of a press, photo or clip stay in one split, so that "
            "near-duplicates do not leak. image: each image is drawn by itself."
        ),
    )
    test: float = setting(
        0.2,
        ge=0,
        lt=1,
        help="Fraction of each class's images for the test set. Defaults to 0 if lists are given.",
    )
    val: float = setting(0.1, ge=0, lt=1, help="Fraction of each class's images for validation.")
    seed: int = setting(0, ge=0, le=2**32 - 1, help="Seed of the split and of shuffle_labels.")
    from_: str = setting("", alias="from", help="Use the split of this run instead of a new one.")


class DatasetSettings(Settings):
    """Settings that every layout has.

    Attributes:
        implementation: reads the dataset; "package.module:function", called with (settings, root),
            gives a `vitac_tui.data.table.ReadResult`.
        layout: the name in a preset; a Literal with a help text, declared by each layout.
    """

    implementation: ClassVar[str]
    if TYPE_CHECKING:  # no setting that all layouts share: each has a Literal of its own
        layout: str

    root: str = setting(
        "", path=True, help="Folder of the dataset, relative to the working directory."
    )
    modality: Literal["visual", "tactile"] = setting(
        "visual",
        help=(
            "Camera images (visual) or images of a tactile sensor. Decides which names a layout "
            "looks for, and whether augmentation may flip images."
        ),
    )
    group: GroupExpression = setting(
        "",
        help=(
            "Regular expression for the path relative to root. Its first part in parentheses names "
            "the group: images of one press, photo or clip, which stay in one split. "
            '"" uses the rule of the layout.'
        ),
    )
    exclude: Many[Annotated[str, Field(min_length=1)]] = setting(
        (),
        max_length=1000,
        help=(
            "Files and folders to leave out, as globs such as _thumbs or *_mask.png. A glob with a "
            "slash is compared with the path relative to root, where * also matches slashes."
        ),
    )
    image_size: int = setting(
        227, ge=8, le=4096, unit="pixels", help="Side of the square images for the network."
    )
    fit: Literal["squash", "crop", "pad"] = setting(
        "squash",
        help=(
            "How images become square: ignore the aspect ratio (squash), cut off the ends of the "
            "longer side (crop), or fill up the shorter side with black (pad)."
        ),
    )
    range: ValueRange = setting(
        "auto",
        help=(
            "Which values become black and white in images with more than 8 bits; the same for "
            "all images. full: 0 and 65535. auto: like full, unless the largest value in a sample "
            "of 64 images is below 4096 (a sixteenth of the range); then 0 and the next power of "
            "two minus 1, such as 4095. [low, high]: these values; required for images of "
            "floating-point numbers."
        ),
    )
    augment: named(AUGMENTATIONS, "augmentation") = setting(  # type: ignore[valid-type]
        "none",
        help=(
            "Random changes of training images, drawn anew in every epoch. Tactile images are "
            "never flipped, since their colours encode direction."
        ),
    )
    max_corrupt: float = setting(
        0.01, ge=0, le=1, help="Fraction of unreadable images above which the dataset is refused."
    )
    split: Split = setting(default=Split(), help="How images are divided.")
    shuffle_labels: bool = setting(
        False,
        help=(
            "A control experiment. If true, the labels of the training images are shuffled (by "
            "split.seed), those of validation and test are kept. Top-1 must then fall to chance. "
            "Every table of the run says that it is a control."
        ),
    )
    cache: str = setting(
        "auto",
        affects="execution",
        path=True,
        help=(
            'Where decoded images are kept: "auto" is $XDG_CACHE_HOME/vitac-tui, "off" is in '
            "memory, other text is a folder."
        ),
    )


class SplitListSettings(DatasetSettings):
    """Settings of the layouts that read list files."""

    train_list: str = setting(
        "", path=True, help='List of training images, relative to root; "" if there is none.'
    )
    val_list: str = setting(
        "", path=True, help='List of validation images; "" takes them from the training list.'
    )
    test_list: str = setting("", path=True, help='List of test images; "" if there is none.')


class VitacLayout(SplitListSettings):
    """ViTac cloths: folders `vis0011` / `CD0101` or `11v` / `11t`, with list files."""

    implementation: ClassVar[str] = "vitac_tui.data.layouts.vitac:read"

    layout: Literal["vitac"] = setting(help="ViTac cloths.")
    action: Expression = setting(
        "",
        help=(
            "Regular expression for the path relative to root; only images that match are used. "
            "Case is ignored."
        ),
    )


class FolderLayout(DatasetSettings):
    """One folder per class, in root or in root/train, root/val and root/test."""

    implementation: ClassVar[str] = "vitac_tui.data.layouts.folder:read"

    layout: Literal["folder"] = setting(help="One folder per class.")


class Columns(Settings):
    """Names of the columns of a CSV file with a header."""

    path: str = setting("path", help="Column with the image's path.")
    label: str = setting("label", help="Column with the class, a number or text.")
    group: str = setting("", help='Column with the group; "" if there is none.')
    session: str = setting("", help='Column with the recording session; "" if there is none.')
    split: str = setting("", help='Column with train, val or test; "" if there is none.')


class ListLayout(SplitListSettings):
    """List files of any origin: `path label`, `path,label`, tabs, or CSV with a header."""

    implementation: ClassVar[str] = "vitac_tui.data.layouts.lists:read"

    layout: Literal["list"] = setting(help="List or CSV files.")
    list: str = setting(
        "", path=True, help='One file that lists all images, relative to root; "" if there is none.'
    )
    columns: Columns = setting(default=Columns(), help="Columns of a CSV file with a header.")


class PatternLayout(DatasetSettings):
    """One pattern for paths that names class, group and frame."""

    implementation: ClassVar[str] = "vitac_tui.data.layouts.pattern:read"

    layout: Literal["pattern"] = setting(help="A pattern for paths.")
    pattern: str = setting(
        help=(
            "Path relative to root with fields, such as {modality}/{class}/{group}/{frame}.jpg. "
            "Fields: class (required), group, session, frame, modality, split. * matches any text. "
            "A field can have a regular expression: {class:[0-9]+[a-z]}-*.png."
        ),
        min_length=1,
    )


class SampleSetLayout(DatasetSettings):
    """The built-in sample set, rendered on first use."""

    implementation: ClassVar[str] = "vitac_tui.data.layouts.sample:read"

    layout: Literal["sample"] = setting(help="The built-in sample set.")
    classes: int = setting(12, ge=2, le=48, help="Number of cloths.")
    presses: int = setting(16, ge=2, le=999, help="Presses (tactile) or photos (visual) per cloth.")
    frames: int = setting(3, ge=1, le=64, help="Frames per press, or tiles per photo.")
    size: int = setting(96, ge=32, le=512, unit="pixels", help="Side of the rendered images.")
    seed: int = setting(0, ge=0, le=2**32 - 1, help="Seed of the renderer.")


class NpzLayout(DatasetSettings):
    """Arrays `images`, `labels` and optionally `groups` and `split` in one `.npz` file."""

    implementation: ClassVar[str] = "vitac_tui.data.layouts.npz:read"

    layout: Literal["npz"] = setting(help="Arrays in an .npz file.")
    file: str = setting(
        "", path=True, help='The .npz file, relative to root; "" takes the only one in root.'
    )


def _layout_of(plugin: Plugin) -> type[DatasetSettings]:
    """Return the settings class that a plug-in names.

    Raises:
        PluginError: it cannot be imported, or does not declare what a layout has to declare.
    """
    made: Any = plugin.load()
    if not (isinstance(made, type) and issubclass(made, DatasetSettings)):
        raise plugin.broken(f"{plugin.reference} is not a subclass of {DatasetSettings.__name__}")
    if not isinstance(getattr(made, "implementation", None), str):
        raise plugin.broken(f"{made.__name__} does not declare 'implementation'")
    layout = made.model_fields.get("layout")
    if layout is None or get_args(layout.annotation) != (plugin.name,):
        raise plugin.broken(f"layout of {made.__name__} is not Literal[{plugin.name!r}]")
    return made


LAYOUTS: Extensible[type[DatasetSettings]] = Extensible(
    {
        "vitac": VitacLayout,
        "folder": FolderLayout,
        "list": ListLayout,
        "pattern": PatternLayout,
        "npz": NpzLayout,
        "sample": SampleSetLayout,
    },
    plugins.LAYOUTS,
    _layout_of,
)
Dataset = Annotated[DatasetSettings, OneOf(LAYOUTS, "layout")]


def list_names(dataset: Any) -> tuple[str, ...]:
    """Return the list settings that are set, in the order train, val, test."""
    keys = ("train_list", "val_list", "test_list")
    return tuple(key for key in keys if getattr(dataset, key, ""))
