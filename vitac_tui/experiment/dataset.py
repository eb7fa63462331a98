"""The `[dataset]` table: one settings model a layout, each naming the reader that implements it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, get_args

from pydantic import AfterValidator

from vitac_tui.experiment import plugins
from vitac_tui.experiment.declare import Settings, setting
from vitac_tui.experiment.one_of import OneOf
from vitac_tui.experiment.plugins import Extensible, Plugin
from vitac_tui.experiment.registries import AUGMENTATIONS, named


def _regular_expression(value: str) -> str:
    try:
        re.compile(value)
    except (re.error, RecursionError, OverflowError) as problem:
        raise ValueError(f"{value!r} is no regular expression ({problem})") from None
    return value


def _group_expression(value: str) -> str:
    _regular_expression(value)
    if value and re.compile(value).groups == 0:
        raise ValueError(
            f"{value!r} has no parenthesised part to take the group from, as in 'scale_([0-9]+)_'"
        )
    return value


Expression = Annotated[str, AfterValidator(_regular_expression)]
GroupExpression = Annotated[str, AfterValidator(_group_expression)]


class Split(Settings):
    """How images are divided into train, validation and test where no list does it."""

    by: Literal["group", "image"] = setting(
        "group",
        help="Keep all images of a press, photo or clip on one side (group), or divide singly.",
    )
    test: float = setting(
        0.2,
        ge=0,
        lt=1,
        help="Share of each class's images for the test set; 0 where lists are given.",
    )
    val: float = setting(0.1, ge=0, lt=1, help="Share of each class's images for validation.")
    seed: int = setting(0, ge=0, le=2**32 - 1, help="Seed of the split, and of shuffle_labels.")
    from_: str = setting("", alias="from", help="Take the split of this run instead.")


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
        "", path=True, help="The dataset's folder, relative to the working directory."
    )
    modality: Literal["visual", "tactile"] = setting(
        "visual", help="Camera photos or tactile frames; decides the layout's names and augment."
    )
    group: GroupExpression = setting(
        "",
        help=(
            "Regular expression over the path relative to root whose first parenthesised part "
            'names the group of near copies; "" takes the layout\'s own rule.'
        ),
    )
    image_size: int = setting(227, ge=8, le=4096, unit="pixels", help="Side of the square input.")
    fit: Literal["squash", "crop", "pad"] = setting(
        "squash",
        help="Ignore the aspect ratio (squash), cut the longer side (crop) or fill up (pad).",
    )
    augment: named(AUGMENTATIONS, "augmentation") = setting(  # type: ignore[valid-type]
        "none",
        help=(
            "Random changes of training images, drawn anew in every epoch. Tactile images are "
            "never flipped, since their colours encode direction."
        ),
    )
    max_corrupt: float = setting(
        0.01, ge=0, le=1, help="Share of unreadable images above which the dataset is refused."
    )
    split: Split = setting(default=Split(), help="How images are divided.")
    shuffle_labels: bool = setting(
        False,
        help=(
            "true: a control. Training labels are shuffled (by split.seed), validation and test "
            "keep theirs; top-1 must fall to chance, and every table says that it is a control."
        ),
    )
    cache: str = setting(
        "auto",
        affects="execution",
        path=True,
        help='Where decoded images are kept: "auto" ($XDG_CACHE_HOME/vitac-tui), "off", a folder.',
    )


class SplitListSettings(DatasetSettings):
    """Settings of the layouts that read list files."""

    train_list: str = setting(
        "", path=True, help='List of training images, relative to root; "" = none.'
    )
    val_list: str = setting(
        "", path=True, help='List of validation images; "" takes them from train.'
    )
    test_list: str = setting("", path=True, help='List of test images; "" = none.')


class VitacLayout(SplitListSettings):
    """ViTac cloths: folders `vis0011` / `CD0101` or `11v` / `11t`, with list files."""

    implementation: ClassVar[str] = "vitac_tui.data.layouts.vitac:read"

    layout: Literal["vitac"] = setting(help="ViTac cloths.")
    action: Expression = setting(
        "",
        help="Regular expression (case ignored) over the relative path; only matches are used.",
    )


class FolderLayout(DatasetSettings):
    """One folder a class, under root or under root/train, root/val, root/test."""

    implementation: ClassVar[str] = "vitac_tui.data.layouts.folder:read"

    layout: Literal["folder"] = setting(help="A folder for each class.")


class Columns(Settings):
    """Names of the columns of a CSV file with a header."""

    path: str = setting("path", help="Column with the image's path.")
    label: str = setting("label", help="Column with the class: a number or text.")
    group: str = setting("", help='Column with the group; "" = none.')
    session: str = setting("", help='Column with the recording session; "" = none.')
    split: str = setting("", help='Column saying train, val or test; "" = none.')


class ListLayout(SplitListSettings):
    """List files of any origin: `path label`, `path,label`, tabs, or CSV with a header."""

    implementation: ClassVar[str] = "vitac_tui.data.layouts.lists:read"

    layout: Literal["list"] = setting(help="List or CSV files.")
    list: str = setting(
        "", path=True, help='One file naming all images, relative to root; "" = none.'
    )
    columns: Columns = setting(default=Columns(), help="Columns of a CSV file with a header.")


class PatternLayout(DatasetSettings):
    """One pattern over the relative path names class, group and frame."""

    implementation: ClassVar[str] = "vitac_tui.data.layouts.pattern:read"

    layout: Literal["pattern"] = setting(help="A pattern over the path.")
    pattern: str = setting(
        help=(
            "Path relative to root with fields, such as {modality}/{class}/{group}/{frame}.jpg; "
            "fields: class (required), group, session, frame, modality, split; * is any text."
        ),
        min_length=1,
    )


class SampleSetLayout(DatasetSettings):
    """The built-in sample set, rendered on first use."""

    implementation: ClassVar[str] = "vitac_tui.data.layouts.sample:read"

    layout: Literal["sample"] = setting(help="The built-in rendered set.")
    classes: int = setting(12, ge=2, le=48, help="Number of cloths.")
    presses: int = setting(16, ge=2, le=999, help="Presses (tactile) or photos (visual) a cloth.")
    frames: int = setting(3, ge=1, le=64, help="Frames a press, or tiles a photo.")
    size: int = setting(96, ge=32, le=512, unit="pixels", help="Side of the rendered images.")
    seed: int = setting(0, ge=0, le=2**32 - 1, help="Seed of the renderer.")


class NpzLayout(DatasetSettings):
    """Arrays `images`, `labels` and perhaps `groups` and `split` in one `.npz` file."""

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
    """Names of the list settings that a dataset table uses, in the order train, val, test."""
    keys = ("train_list", "val_list", "test_list")
    return tuple(key for key in keys if getattr(dataset, key, ""))
