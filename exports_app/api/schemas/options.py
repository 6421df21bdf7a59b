"""Declared options as fields of a schema."""

from collections.abc import Callable
from typing import Annotated, Any, TypeVar, cast

from annotated_types import MaxLen
from pydantic import BaseModel, Field, create_model

from exports_app.api.schemas import kinds
from exports_app.domain import bounds
from exports_app.domain.schedules.option_kinds import (
    Choice,
    EmailAddress,
    Flag,
    Kind,
    Option,
    Text,
    WholeNumber,
)
from exports_app.domain.schedules.options import OPTIONS

M = TypeVar("M", bound=BaseModel)


def with_options(*, before: str, is_input: bool) -> Callable[[type[M]], type[M]]:
    """The schema with a schedule's options before its field of that name."""

    def extended(model: type[M]) -> type[M]:
        declared: dict[str, Any] = {}
        for name, info in model.model_fields.items():
            if name == before:
                declared |= {
                    option.name: schema_field(option, is_input=is_input) for option in OPTIONS
                }
            declared[name] = (info.annotation, info)
        made: type[BaseModel] = create_model(
            model.__name__,
            __base__=model.__bases__[0],
            __module__=model.__module__,
            __doc__=model.__doc__,
            **declared,
        )
        return cast(type[M], made)

    return extended


def schema_field(option: Option, *, is_input: bool) -> tuple[Any, Any]:
    kind = _input_type(option.kind) if is_input else _output_type(option.kind)
    annotation = kind | None if option.is_optional else kind
    if is_input and option.is_optional and isinstance(option.kind, Text | EmailAddress):
        annotation = Annotated[annotation, kinds.EMPTY_IS_NULL]
    default = option.default if is_input else ...
    return annotation, Field(default, description=option.description or None)


def _input_type(kind: Kind) -> Any:
    match kind:
        case Choice():
            return Annotated[bounds.Key, kinds.Among(lambda: kind.values)]
        case WholeNumber(least=least, most=most):
            return Annotated[int, kinds.said(minimum=least, maximum=most)]
        case Text(most=most):
            return Annotated[str, MaxLen(most)]
        case EmailAddress():
            return kinds.Email
        case Flag():
            return bool


def _output_type(kind: Kind) -> Any:
    """Without limits: what is stored is answered."""
    match kind:
        case Choice():
            return Annotated[str, kinds.Among(lambda: kind.values)]
        case EmailAddress():
            return kinds.EmailOut
        case Text():
            return str
        case WholeNumber():
            return int
        case Flag():
            return bool
