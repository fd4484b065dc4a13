"""Losses kept on disk by configuration: what was evaluated once is never evaluated again."""

import json
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from parfocal.space import Space
from parfocal.typing import Floats


class Cached:
    """A loss on rows from a loss on one configuration, with a SQLite file that processes share."""

    def __init__(self, name: str, space: Space, function: Callable[[Mapping[str, Any]], float], folder: Path) -> None:
        self.name, self.space, self.function = name, space, function
        folder.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(folder / "losses.sqlite", timeout=60, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS losses (task TEXT, configuration TEXT, loss REAL, "
            "PRIMARY KEY (task, configuration)) WITHOUT ROWID"
        )

    def __call__(self, X: Floats) -> Floats:
        """Return the losses of rows ``(n,)``."""
        return np.array([self._one(configuration) for configuration in self.space.decode(X)])

    def _one(self, configuration: dict[str, Any]) -> float:
        text = json.dumps(configuration, sort_keys=True)
        query = "SELECT loss FROM losses WHERE task = ? AND configuration = ?"
        found = self._database.execute(query, (self.name, text)).fetchone()
        if found is not None:
            return float(found[0])
        loss = float(self.function(configuration))
        self._database.execute("INSERT OR IGNORE INTO losses VALUES (?, ?, ?)", (self.name, text, loss))
        return loss
