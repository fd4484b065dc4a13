"""What Prometheus sees. Labels come from short lists: routes, states, and the names of the first hundred studies."""

import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from parfocal.errors import StorageError
from parfocal.storage import LEASE, Reaped
from parfocal.trials import State
from parfocal.typing import Bools

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily

    from parfocal.server.keeper import Keeper

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_ALIVE = 2 * LEASE


class Metrics:
    """The counters of a server, and a collector that reads the storage when it is asked.

    Parameters
    ----------
    keeper
        Whose storage.
    """

    def __init__(self, keeper: "Keeper") -> None:
        from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector

        self._keeper = keeper
        self._led: dict[int, float] = {}
        self.registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self.registry)
        self.registry.register(_Reader(keeper, self._led))

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"parfocal_{name}", text, labels, registry=self.registry)

        self._claimed = counter("claimed_trials", "Trials that were given to workers.", "study")
        self._reported = counter(
            "reported_trials", "Results that workers sent: accepted or refused.", "study", "result"
        )
        self._reaped = counter(
            "reaped_trials", "Claims that were taken back by `reap`: waiting or lost.", "study", "to"
        )
        self._retries = counter("request_retries", "Requests that clients sent again.", "route")
        self._failures = counter("database_errors", "Calls that failed since the database did.", "error")
        self._denied = counter("unauthorized_requests", "Requests without the right token.")
        self._requests = Histogram(
            "parfocal_request_duration_seconds",
            "Time from request to answer; waiting for changes and work is counted, too.",
            ("route", "method", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def claimed(self, study: int, count: int) -> None:
        """Count trials that were given away."""
        if count:
            self._claimed.labels(self._keeper.name(study)).inc(count)

    def reported(self, study: int, accepted: Bools) -> None:
        """Count results."""
        name, good = self._keeper.name(study), int(accepted.sum())
        self._reported.labels(name, "accepted").inc(good)
        self._reported.labels(name, "refused").inc(len(accepted) - good)

    def reaped(self, study: int, reaped: Reaped) -> None:
        """Count claims that were taken back."""
        if any(reaped):
            name = self._keeper.name(study)
            self._reaped.labels(name, "waiting").inc(reaped.waiting)
            self._reaped.labels(name, "lost").inc(reaped.lost)

    def led(self, study: int) -> None:
        """Note that the asker of a study has given a sign of life."""
        self._keeper.name(study)
        self._led[study] = time.monotonic()

    def failed(self, error: Exception) -> None:
        """Count a failure of the database."""
        self._failures.labels(type(error).__name__).inc()

    def denied(self) -> None:
        """Count a request without the token."""
        self._denied.inc()

    def answered(self, route: str, method: str, status: int, seconds: float, again: bool) -> None:
        """Count a request."""
        self._requests.labels(route, method, str(status)).observe(seconds)
        if again:
            self._retries.labels(route).inc()

    def text(self) -> bytes:
        """Return all of it in the text format; it reads the storage, so call it from a thread."""
        from prometheus_client import generate_latest

        return bytes(generate_latest(self.registry))


class _Reader:
    """Reads the storage when Prometheus asks."""

    def __init__(self, keeper: "Keeper", led: dict[int, float]) -> None:
        self._keeper, self._led = keeper, led

    def collect(self) -> "Iterator[GaugeMetricFamily]":
        """Yield the gauges."""
        from prometheus_client.core import GaugeMetricFamily

        def gauge(name: str, text: str, *labels: str) -> GaugeMetricFamily:
            return GaugeMetricFamily(f"parfocal_{name}", text, labels=labels)

        trials = gauge("trials", "Trials of a study in each state.", "study", "state")
        budget = gauge("budget_trials", "Trials of a study that may finish; none without a budget.", "study")
        asker = gauge("asker_age_seconds", "Time since the asker of a study was heard here.", "study")
        lead = gauge("asker_lead_remaining_seconds", "Time until the lead of the asker runs out.", "study")
        workers = gauge("workers", f"Workers that have given a sign of life within {_ALIVE:g} s.")
        waiting = gauge("waiting_clients", "Clients that wait for something to happen.", "topic")
        up = gauge("database_up", "1 where the database could be read for this answer, else 0.")
        now = time.time()
        try:
            for study, name in self._keeper.named().items():
                state = self._keeper.storage.state(study)
                now = state.now
                for each in State:
                    trials.add_metric([name, each.name.lower()], state.counts[each])
                if state.budget is not None:
                    budget.add_metric([name], state.budget)
                if study in self._led and state.asker is not None:
                    asker.add_metric([name], time.monotonic() - self._led[study])
                if not math.isnan(state.lead_ends):
                    lead.add_metric([name], state.lead_ends - state.now)
            workers.add_metric([], sum(now - worker.seen <= _ALIVE for worker in self._keeper.storage.workers()))
            up.add_metric([], 1)
        except StorageError:
            up.add_metric([], 0)
        waiting.add_metric(["change"], self._keeper.watches.waiting("change"))
        waiting.add_metric(["work"], self._keeper.watches.waiting("work"))
        yield from (trials, budget, asker, lead, workers, waiting, up)
