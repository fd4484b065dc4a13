"""Engines: what starts workers where the hardware is."""

from parfocal.engines.cores import available_cores
from parfocal.engines.local import LocalEngine

__all__ = ["LocalEngine", "available_cores"]
