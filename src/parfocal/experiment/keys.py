"""The keys of an experiment file: their types, and one sentence for each way to get them wrong."""

from typing import Annotated, Any, Literal, NoReturn

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parfocal.documents import Document
from parfocal.optimizers import DEFAULT
from parfocal.sentences import sentence, unknown_key


class _Keys(BaseModel):
    """A mapping whose keys are all known; YAML has types, so that nothing is converted behind the user's back."""

    model_config = ConfigDict(extra="forbid", strict=True)


class ObjectiveKeys(_Keys):
    """``objective:`` metric (or an expression over metrics), direction and unit; several of them are a list."""

    metric: str
    direction: Literal["minimize", "maximize"] = "minimize"
    unit: str | None = None


class LimitKeys(_Keys):
    """``limits:`` of one trial."""

    time: str | int | float | None = None
    memory: str | int | None = None


class WarmStartKeys(_Keys):
    """``warm_start:`` an earlier study's database, its name there, and how many configurations are carried."""

    storage: str
    study: str | None = None
    top: Annotated[int, Field(ge=1)] = 10


class NoiseKeys(_Keys):
    """``noise:`` the share of trials that evaluate a promising configuration once more."""

    repeats: Annotated[float, Field(ge=0, lt=1)] = 0.0


class ExperimentKeys(_Keys):
    """The keys of an experiment file."""

    name: Annotated[str, Field(min_length=1)] | None = None
    task: str | dict[str, Any] | None = None
    space: dict[str, Any] | None = None
    constraints: list[str] = []
    objective: ObjectiveKeys | str | list[ObjectiveKeys | str] | None = None
    evaluation: dict[str, Any] | None = None
    default: dict[str, Any] | None = None
    enqueue: list[dict[str, Any]] = []
    warm_start: WarmStartKeys | str | None = None
    optimizer: str = DEFAULT
    warmup: Annotated[int, Field(ge=0)] = 20
    noise: NoiseKeys = NoiseKeys()
    budget: Annotated[int, Field(ge=1)] = 100
    seed: Annotated[int, Field(ge=0)] = 0
    workers: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    engine: str | dict[str, Any] = "local"
    isolation: Literal["process", "none"] = "process"
    limits: LimitKeys = LimitKeys()
    storage: str | None = None
    stop_after_failures: Annotated[int, Field(ge=0)] = 10


def read_keys(document: Document) -> ExperimentKeys:
    """Return the checked top-level keys, or raise the first error as one sentence."""
    try:
        return ExperimentKeys.model_validate(document.content)
    except ValidationError as error:
        _raise(document, error)


def _raise(document: Document, error: ValidationError) -> NoReturn:
    # where a key may be of several types, the first alternative is the usual one, and its complaint comes first
    first = error.errors()[0]
    top, *inside = first["loc"]
    sections: dict[str, type[_Keys]] = {
        "objective": ObjectiveKeys,
        "limits": LimitKeys,
        "warm_start": WarmStartKeys,
        "noise": NoiseKeys,
    }
    section = sections.get(str(top))
    if first["type"] == "extra_forbidden":
        known = list((section or ExperimentKeys).model_fields)
        raise document.error([top, *inside[-1:]], unknown_key(str(first["loc"][-1]), known))
    # pydantic names the alternatives of a type in the path, too; a person knows keys and positions only
    key = [top, *(part for part in inside if isinstance(part, int) or (section and part in section.model_fields))]
    or_auto = " or 'auto'" if top == "workers" else ""
    raise document.error(key, sentence(first, or_auto=or_auto))
