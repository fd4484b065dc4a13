"""Optional packages: imported when used, and named with their install line when they are missing."""

import importlib
from types import ModuleType

from parfocal.errors import MissingPackage


def require(module: str, extra: str) -> ModuleType:
    """Import an optional ``module``, or raise :class:`MissingPackage` that names the ``extra`` to install."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise
        raise MissingPackage(
            f"The package '{module.split('.')[0]}' is needed here and is not installed: "
            f"install it with  pip install 'parfocal[{extra}]'."
        ) from None
