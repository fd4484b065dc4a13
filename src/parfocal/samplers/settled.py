"""Rows as they come back from people: the codes of the rounded values that configurations hold."""

import numpy as np

from parfocal.space import Space
from parfocal.typing import Floats


def settled(space: Space, X: Floats) -> Floats:
    """Return what the configurations of canonical rows ``X (n, d)`` encode to, ``(n, d)``.

    A history holds these rows and not X: decoding rounds a continuous value to digits that people can read, which
    moves its code by some 1e-12. A sampler that looks for its own rows in a history, by :meth:`Space.keys`, must
    settle them first. Rows without continuous columns are returned as they are; settling twice changes nothing.
    """
    if bool(np.all(space.levels > 0)):
        return X
    return space.encode(space.decode(X))
