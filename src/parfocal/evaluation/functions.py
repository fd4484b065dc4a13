"""Names of Python functions: ``package.module:function`` to the function and back."""

import difflib
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from parfocal.errors import EvaluationError, InvalidInput


def check_name(name: str) -> str:
    """Return a name of the form ``package.module:function``, or raise :class:`InvalidInput`."""
    module, _, function = name.partition(":")
    if module.endswith(".py"):
        raise InvalidInput(f"A module is named without '.py': write '{module[:-3].replace('/', '.')}:{function}'.")
    if not all(part.isidentifier() for part in module.split(".") + function.split(".")):
        raise InvalidInput(
            f"A Python function is named 'package.module:function', for example 'pipeline:segment'; got {name!r}."
        )
    return name


def load(name: str, path: str | os.PathLike[str] | None = None) -> Callable[..., Any]:
    """Import the function called ``package.module:function``.

    Parameters
    ----------
    name
        The function's name.
    path
        A folder in which the module is looked for first. It stays at the front of ``sys.path``.

    Raises
    ------
    EvaluationError
        If the module cannot be imported or has no such function: one sentence.
    """
    module_name, _, attributes = check_name(name).partition(":")
    module = _module(module_name, None if path is None else Path(path).resolve(), name)
    found: Any = module
    for attribute in attributes.split("."):
        found = getattr(found, attribute, None)
    if found is None:
        own = [
            key
            for key, value in vars(module).items()
            if isinstance(value, FunctionType) and value.__module__ == module.__name__ and key[0] != "_"
        ]
        near = difflib.get_close_matches(attributes, own, 1)
        have = f"; did you mean '{near[0]}'?" if near else f"; it has {', '.join(own[:8])}." if own else "."
        raise EvaluationError(f"The module '{module_name}' has no function '{attributes}'{have}")
    if not callable(found):
        raise EvaluationError(f"'{name}' is no function, it is of the type {type(found).__name__}.")
    function: Callable[..., Any] = found
    return function


def _module(module_name: str, folder: Path | None, name: str) -> ModuleType:
    """Import a module, from ``folder`` if it is there, even where another one of the same name was imported before."""
    if folder is not None:
        if sys.path[:1] != [str(folder)]:
            sys.path.insert(0, str(folder))
            importlib.invalidate_caches()
        top = module_name.partition(".")[0]
        known = getattr(sys.modules.get(top), "__file__", None)
        here = (folder / f"{top}.py", folder / top / "__init__.py")
        if known is not None and any(file.exists() for file in here) and Path(known).resolve() not in here:
            for key in [key for key in sys.modules if key == top or key.startswith(f"{top}.")]:
                del sys.modules[key]
    try:
        return importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is not None and module_name.startswith(error.name):
            where = f" in {folder}, nor" if folder is not None else ""
            raise EvaluationError(
                f"The module '{error.name}' of '{name}' was not found{where} among the installed packages: check the "
                "name, or install it."
            ) from None
        raise EvaluationError(f"'{name}' cannot be imported: it needs the package '{error.name}'.") from error
    except BaseException as error:  # the module's own code runs here and may raise anything, SystemExit too
        if type(error) is KeyboardInterrupt:
            raise
        raise EvaluationError(f"'{name}' cannot be imported: {type(error).__name__}: {error}.") from error


def name_of(function: Callable[..., Any]) -> str:
    """Return ``module:name`` of a callable; for a function of the running script the module is the script's name.

    The name of a lambda, a closure or a callable object contains ``<`` or ends with ``()``: it can be read, but not
    imported (:func:`importable`).
    """
    module = getattr(function, "__module__", None) or type(function).__module__
    name = getattr(function, "__qualname__", None) or f"{type(function).__qualname__}()"
    script = script_of(function)
    return f"{script.stem if script else module}:{name}"


def importable(name: str) -> bool:
    """Whether ``name`` is one that :func:`load` can look for."""
    try:
        return bool(check_name(name))
    except InvalidInput:
        return False


def script_of(function: Callable[..., Any]) -> Path | None:
    """Return the script that defines ``function``, if it is the running one."""
    if getattr(function, "__module__", None) != "__main__":
        return None
    file = getattr(sys.modules.get("__main__"), "__file__", None)
    return None if file is None else Path(file).resolve()
