"""The model card: a JSON file next to the weights, from which a model is rebuilt."""

from __future__ import annotations

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from torch import nn

import vitac_tui
from vitac_tui.errors import UserError
from vitac_tui.models.layers import layer_table
from vitac_tui.runs.directory import LARGEST_CARD
from vitac_tui.system.files import read_bytes

SCHEMA = 1
Sha256 = Annotated[str, Field(pattern="^([0-9a-f]{64})?$")]
Three = Annotated[tuple[float, ...], Field(max_length=16)]


class _Card(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class LayerCard(_Card):
    """One layer of the saved network, for readers without torch."""

    name: str
    kind: str
    weight_shape: tuple[int, ...]
    parameters: int


class ModelCard(_Card):
    """The content of `<stem>.json`: everything about a saved model except its tensors.

    `layers`, `masks`, `versions` and the hashes are filled in by `save_model`.
    """

    schema_: Literal[1] = Field(1, alias="schema")
    arch: str
    num_classes: int = Field(ge=1, le=100_000)
    class_names: tuple[str, ...]
    image_size: int = Field(ge=1, le=65_536)
    fit: str
    modality: str
    mean: Three  # of the normalisation, one number per channel
    std: Three
    steps: tuple[dict[str, JsonValue], ...] = ()  # what was pruned, in order
    extra: dict[str, JsonValue] = {}  # such as hashes of the training images
    layers: tuple[LayerCard, ...] = ()
    masks: tuple[str, ...] = ()  # parameters that have a mask
    versions: dict[str, str] = {}
    sha256: Sha256 = ""  # of the weights file
    masks_sha256: Sha256 = ""  # of the masks file; "" without masks

    def json_bytes(self) -> bytes:
        """Return the content of the file."""
        return self.model_dump_json(by_alias=True, indent=1).encode() + b"\n"


def filled_in(card: ModelCard, model: nn.Module, **values: Any) -> ModelCard:
    """Return the card with layers, versions and the given `values` filled in."""
    layers = tuple(
        LayerCard(
            name=layer.name,
            kind=layer.kind,
            weight_shape=layer.weight_shape,
            parameters=layer.parameters,
        )
        for layer in layer_table(model)
    )
    versions = {
        "vitac-tui": vitac_tui.__version__,
        "python": platform.python_version(),
        "torch": version("torch"),
        "torchvision": version("torchvision"),
    }
    return card.model_copy(update={"layers": layers, "versions": versions, **values})


def read_card(path: Path) -> ModelCard:
    """Read and check a card.

    Raises:
        UserError: the file cannot be read, or is not a card of this version.
    """
    try:
        data = read_bytes(path, largest=LARGEST_CARD, remedy="name a saved model")
        return ModelCard.model_validate_json(data, strict=True)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False)[0]
        key = ".".join(map(str, first["loc"]))
        if key == "schema":
            raise UserError(
                "was saved by another version of vitac-tui",
                where=str(path),
                remedy=f"this version reads schema {SCHEMA}",
            ) from None
        raise UserError(
            f"is not a model card: {key + ': ' if key else ''}{first['msg']}",
            where=str(path),
            remedy="use a model that this version saved",
        ) from None
