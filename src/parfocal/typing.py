"""Names for the arrays that travel between the floors."""

from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
"""Any float64 array. ``X`` is always ``(n, d)`` in the unit cube, inactive = NaN."""
Ints: TypeAlias = NDArray[np.int64]
Bools: TypeAlias = NDArray[np.bool_]
Value: TypeAlias = float | int | str | bool | None
"""One value of one parameter, as people write it (None only as a category)."""
Values: TypeAlias = Mapping[str, Any]
"""Active parameters by name: a plain mapping from name to :data:`Value`."""
