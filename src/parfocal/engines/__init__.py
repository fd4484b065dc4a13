"""Engines: what starts workers where the hardware is."""

from parfocal.engines.base import Engine, WorkerPlan
from parfocal.engines.cores import available_cores
from parfocal.engines.kinds import KINDS, engine_from_dict
from parfocal.engines.local import LocalEngine

__all__ = ["KINDS", "Engine", "LocalEngine", "WorkerPlan", "available_cores", "engine_from_dict"]
