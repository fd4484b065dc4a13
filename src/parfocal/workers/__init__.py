"""Workers: claim, evaluate, report, with a sign of life meanwhile."""

from parfocal.workers.hopeless import common_failure
from parfocal.workers.signals import stop_on_signals
from parfocal.workers.worker import Worked, Worker, is_result_of, loss_of, work

__all__ = ["Worked", "Worker", "common_failure", "is_result_of", "loss_of", "stop_on_signals", "work"]
