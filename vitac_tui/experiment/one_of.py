"""Tables of several kinds: `method` names the kind of a pruning step, `layout` of a dataset."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Union

from pydantic import BaseModel, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, TypeAdapter
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from vitac_tui.experiment.plugins import Extensible


class OneOf:
    """Annotation of a settings table that is one of `kinds`, named under `key`.

    Kinds from other packages are validated and listed in the schema like built-in ones. Installed
    packages are searched only for a name that is not built in, and to make the schema.
    """

    def __init__(self, kinds: Extensible[Any], key: str) -> None:
        self.kinds = kinds
        self.key = key

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        built_in = handler.generate_schema(self._union(self.kinds.built_in.values()))
        return core_schema.no_info_wrap_validator_function(
            self._validate,
            built_in,
            # By the table's own class, which the union of the built-in ones may lack.
            serialization=core_schema.wrap_serializer_function_ser_schema(
                lambda value, serialize: serialize(value), schema=core_schema.any_schema()
            ),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        if len(self.kinds) > len(self.kinds.built_in):
            schema = TypeAdapter(self._union(self.kinds.values())).core_schema
        return handler(schema)

    def _validate(self, value: Any, validate: core_schema.ValidatorFunctionWrapHandler) -> Any:
        name = value.get(self.key) if isinstance(value, dict) else getattr(value, self.key, None)
        if not isinstance(name, str) or name in self.kinds.built_in or name not in self.kinds:
            return validate(value)
        # Among the built-in ones, so that the place of an error has the same parts.
        kinds = (*self.kinds.built_in.values(), self.kinds[name])
        return TypeAdapter(self._union(kinds)).validate_python(value)

    def _union(self, kinds: Iterable[type[BaseModel]]) -> Any:
        return Annotated[Union[tuple(kinds)], Field(discriminator=self.key)]  # noqa: UP007
