"""The options of an engine: checked like the keys of an experiment, each mistake one sentence."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from parfocal.errors import InvalidInput
from parfocal.sentences import sentence, unknown_key


class WrongOption(InvalidInput):
    """An option of an engine is wrong; ``key`` says which (empty: all of them together), ``problem`` what."""

    def __init__(self, kind: str, key: tuple[str | int, ...], problem: str) -> None:
        name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in key).lstrip(".")
        super().__init__(f"The engine '{kind}'{f', option {name!r}' if name else ''}: {problem}")
        self.key, self.problem = key, problem


class Options(BaseModel):
    """Options whose names are all known; nothing is converted behind the user's back."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    @classmethod
    def of(cls, kind: str, fields: Mapping[str, Any]) -> Self:
        """Return the checked options, or raise the first mistake as :class:`WrongOption`."""
        try:
            return cls.model_validate(dict(fields))
        except ValidationError as error:
            first = error.errors()[0]
            key = first["loc"][:1] + tuple(part for part in first["loc"][1:] if isinstance(part, int))
            if first["type"] == "extra_forbidden":
                raise WrongOption(kind, key, unknown_key(str(key[0]), cls.model_fields)) from None
            raise WrongOption(kind, key, sentence(first)) from None
