"""Spaces as plain values: the forms of YAML and JSON, read with clear errors and written shortest."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from parfocal.checks import did_you_mean
from parfocal.errors import SpaceError
from parfocal.space.parameters import KINDS, Parameter
from parfocal.space.priors import prior_form

_ALIASES = {"int": "integer", "bool": "boolean", "category": "categorical", "choice": "categorical", "real": "float"}
_TOP = ("parameters", "constraints", "conditions")


def to_dict(parameters: Mapping[str, Parameter], constraints: Sequence[str]) -> dict[str, Any]:
    """Return ``{"parameters": {name: {...}}, "constraints": [...]}`` with defaults left out."""
    content: dict[str, Any] = {"parameters": {name: _form(parameter) for name, parameter in parameters.items()}}
    if constraints:
        content["constraints"] = list(constraints)
    return content


def from_dict(content: Mapping[str, Any]) -> tuple[dict[str, Parameter], tuple[str, ...], Mapping[str, str]]:
    """Return parameters, constraints and conditions from :func:`to_dict`'s form, or from a bare mapping of names.

    Raises
    ------
    SpaceError
        In one sentence that names the parameter and the key.
    """
    if not isinstance(content, Mapping):
        raise SpaceError(f"A space must be a mapping from names to parameters; got {content!r}.")
    if isinstance(content.get("parameters"), Mapping) and "type" not in content["parameters"]:
        for key in content:
            if key not in _TOP:
                raise SpaceError(f"A space has the keys {', '.join(_TOP)}; got '{key}'{did_you_mean(key, _TOP)}.")
    else:
        content = {
            "parameters": {key: value for key, value in content.items() if key not in ("constraints", "conditions")},
            **{key: content[key] for key in ("constraints", "conditions") if key in content},
        }
    for name in content["parameters"]:
        if not isinstance(name, str):
            raise SpaceError(f"The parameter name {name!r} is no text: YAML reads on, off, yes, no as truth: quote it.")
    parameters = {name: parameter_from(form, name) for name, form in content["parameters"].items()}
    constraints = content.get("constraints") or ()
    if isinstance(constraints, str):
        constraints = (constraints,)
    if not isinstance(constraints, Sequence) or not all(isinstance(text, str) for text in constraints):
        raise SpaceError(f"'constraints' must be a list of texts such as 'a < b'; got {constraints!r}.")
    conditions = content.get("conditions") or {}
    if not isinstance(conditions, Mapping):
        raise SpaceError(
            f"'conditions' must be a mapping from a parameter's name to its condition; got {conditions!r}."
        )
    return parameters, tuple(constraints), conditions


def parameter_from(form: Any, name: str) -> Parameter:
    """Return one parameter from its plain form; ``name`` is for messages.

    Short forms: a list of texts or truth values is categorical; a single text, number or truth value is constant.
    """
    try:
        if isinstance(form, tuple(KINDS.values())):
            return cast(Parameter, form)
        if isinstance(form, list | tuple):
            return _from_list(list(form))
        if not isinstance(form, Mapping):
            return KINDS["constant"](value=form)  # type: ignore[no-any-return]
        return _from_mapping(dict(form))
    except SpaceError as error:
        raise SpaceError(f"'{name}': {error}") from None


def _from_list(form: list[Any]) -> Parameter:
    if any(isinstance(value, int | float) and not isinstance(value, bool) for value in form):
        raise SpaceError(
            f"{form!r} may be a range or a list of options: write {{type: float, low: ..., high: ...}}, "
            "the same with type integer, {type: ordinal, values: [...]} or {type: categorical, choices: [...]}."
        )
    return KINDS["categorical"](choices=form)  # type: ignore[no-any-return]


def _from_mapping(form: dict[str, Any]) -> Parameter:
    names = [*KINDS, *_ALIASES]
    kind = form.pop("type", None)
    if kind is None:
        fits = [name for name, build in KINDS.items() if set(form) <= {f.name for f in dataclasses.fields(build)}]
        raise SpaceError(f"'type' is missing: with these keys it may be {', '.join(fits or KINDS)}.")
    if not isinstance(kind, str) or kind.lower() not in names:
        raise SpaceError(f"'type' must be one of {', '.join(KINDS)}; got {kind!r}{did_you_mean(kind, names)}.")
    build = KINDS[_ALIASES.get(kind.lower(), kind.lower())]
    fields = {item.name: item for item in dataclasses.fields(build)}
    allowed = [*fields, "log"] if "prior" in fields else list(fields)
    for key in form:
        if key not in allowed:
            raise SpaceError(
                f"'{key}' is no key of a parameter of type {build.kind}{did_you_mean(key, allowed)}; "
                f"its keys are {', '.join(allowed)}."
            )
    for key, item in fields.items():
        if item.default is dataclasses.MISSING and key not in form:
            raise SpaceError(f"'{key}' is missing: a parameter of type {build.kind} needs it.")
    if form.get("log") is not None and not isinstance(form["log"], bool):
        raise SpaceError(f"'log' must be true or false; got {form['log']!r}.")
    return build(**form)  # type: ignore[no-any-return]


def _form(parameter: Parameter) -> dict[str, Any]:
    form: dict[str, Any] = {"type": parameter.kind}
    for item in dataclasses.fields(parameter):
        value = getattr(parameter, item.name)
        if item.default is not dataclasses.MISSING and value == item.default:
            continue
        if item.name == "prior":
            value = prior_form(value)
        form[item.name] = list(value) if isinstance(value, tuple) else value
    return form


def to_json(content: Mapping[str, Any]) -> str:
    """Return JSON text."""
    return json.dumps(content, indent=2, allow_nan=False)


def from_json(text: str) -> dict[str, Any]:
    """Return the plain values of JSON text."""
    try:
        return json.loads(text)  # type: ignore[no-any-return]
    except json.JSONDecodeError as error:
        raise SpaceError(f"This is no valid JSON (line {error.lineno}): {error.msg}.") from None


def to_yaml(content: Mapping[str, Any]) -> str:
    """Return YAML text, one line a parameter."""
    import yaml

    lines = ["parameters:"]
    for name, form in content["parameters"].items():
        flow = yaml.safe_dump(form, default_flow_style=True, sort_keys=False, width=10**6, allow_unicode=True).strip()
        key = yaml.safe_dump(name, allow_unicode=True).splitlines()[0]  # quoted where YAML would read a truth value
        lines.append(f"  {key}: {flow}")
    rest = {key: value for key, value in content.items() if key != "parameters"}
    text = yaml.safe_dump(rest, sort_keys=False, allow_unicode=True) if rest else ""
    return "\n".join(lines) + "\n" + text


def from_yaml(source: str | Path) -> dict[str, Any]:
    """Return the plain values of YAML text or of a file, read by the safe loader; no key may stand twice."""
    import yaml

    text = _read(source) if isinstance(source, Path) else source
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SpaceError(f"This is no valid YAML: {' '.join(str(error).split())}.") from None
    _check_unique(node)
    return cast(dict[str, Any], content)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpaceError(f"{path}: the file cannot be read ({getattr(error, 'strerror', None) or error}).") from None


def _check_unique(node: Any) -> None:
    value = getattr(node, "value", None)
    if not isinstance(value, list):
        return
    pairs = [pair for pair in value if isinstance(pair, tuple)]
    keys = [key.value for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise SpaceError(f"The key '{key}' stands twice in the YAML text: keep one of them.")
    for child in [child for _, child in pairs] or value:
        _check_unique(child)
