"""What the gate's service counts, in the text format of Prometheus."""

from collections.abc import Callable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from takeback.gate.check.followed_list import STALE_AFTER_SECONDS
from takeback.gate.check.gate import Gate, Verdict
from takeback.gate.check.wire import HealthAnswer, ListAnswer
from takeback.gate.service.admission import MemoryBudget

_MEGA = 1_000_000
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class GateMetrics:
    """Counters of one service; gauges are read from the gate whenever somebody looks."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self, gate: Gate, budget: MemoryBudget) -> None:
        self._registry = CollectorRegistry()
        self._checks = Counter(
            "takeback_gate_checks",
            "Uploads checked, by decision and by the lane that decided",
            ["decision", "lane"],
            registry=self._registry,
        )
        self._refused = Counter(
            "takeback_gate_refused",
            "Uploads that could not be checked, by reason",
            ["reason"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "takeback_gate_check_seconds",
            "Time of a check, decoding included",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(_HealthGauges(gate))
        self._registry.register(_LoadCounts(gate, budget))

    def checked(self, verdict: Verdict, seconds: float) -> None:
        """Count an upload that was checked."""
        self._checks.labels(
            verdict.decision.value, verdict.lane.value if verdict.lane else ""
        ).inc()
        self._seconds.observe(seconds)

    def refused(self, reason: str) -> None:
        """Count an upload that could not be checked."""
        self._refused.labels(reason).inc()

    def text(self) -> bytes:
        """Return all of it in the format of Prometheus."""
        return generate_latest(self._registry)


class _HealthGauges(Collector):
    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Read the gauges of every list from the gate."""
        answer = HealthAnswer.of(self._gate.health())
        yield GaugeMetricFamily(
            "takeback_gate_can_check", "1 if uploads can be checked", value=float(answer.can_check)
        )
        for name, meaning, value_of in _GAUGES:
            gauge = GaugeMetricFamily(f"takeback_gate_{name}", meaning, labels=["list"])
            for health in answer.lists:
                gauge.add_metric([health.name], value_of(health))
            yield gauge


class _LoadCounts(Collector):
    """What waits, what was predicted, and what was told `busy`, from gate and budget themselves."""

    def __init__(self, gate: Gate, budget: MemoryBudget) -> None:
        self._gate = gate
        self._budget = budget

    def collect(self) -> Iterator[Metric]:
        """Read all of it at once."""
        load, budget = self._gate.load(), self._budget
        for name, meaning, value in (
            ("waiting", "Uploads that wait to be decoded", load.waiting),
            (
                "waiting_megapixels",
                "Predicted work that waits, in megapixels that take 25 ms",
                load.work_waiting / _MEGA,
            ),
            ("decoding", "Uploads that are being decoded", load.running),
            (
                "upload_bytes",
                "Bytes of uploads in memory, of those that are still on their way, too",
                budget.most_bytes - budget.left,
            ),
        ):
            yield GaugeMetricFamily(f"takeback_gate_{name}", meaning, value=value)
        for name, meaning, value in (
            ("waited", "Uploads that had to wait to be decoded", load.waited),
            ("waited_seconds", "Seconds that these waited, together", load.seconds_waited),
        ):
            yield CounterMetricFamily(f"takeback_gate_{name}", meaning, value=value)
        predicted = {cost: work / _MEGA for cost, work in load.predicted.items()}
        for name, meaning, label, values in (
            ("decodings", "Turns asked for, by predicted cost", "cost", load.decodings),
            ("predicted_megapixels", "Predicted work of these", "cost", predicted),
            (
                "busy",
                "Uploads told `busy`, by the bound that was full",
                "bound",
                load.sent_away | {"bytes": budget.given_up},
            ),
            (
                "overran",
                "Uploads that cost a process more than their header promised, by type",
                "type",
                load.overran,
            ),
        ):
            counter = CounterMetricFamily(f"takeback_gate_{name}", meaning, labels=[label])
            for key, value in sorted(values.items()):
                counter.add_metric([key], value)
            yield counter


def _silence(health: ListAnswer) -> float:
    return float("inf") if health.contact_age_seconds is None else health.contact_age_seconds


_GAUGES: tuple[tuple[str, str, Callable[[ListAnswer], float]], ...] = (
    ("list_in_force", "1 if uploads are checked against the list", lambda health: health.in_force),
    (
        "list_events",
        "Events in the log up to the list in force",
        lambda health: health.checkpoint.size if health.checkpoint else 0,
    ),
    ("list_entries", "Live entries of the list in force", lambda health: health.entries),
    (
        "list_untrusted",
        "1 if the list has expired or is refused",
        lambda health: health.trouble is not None,
    ),
    (
        "list_stale",
        "1 if the hotline has been silent for long",
        lambda health: _silence(health) > STALE_AFTER_SECONDS,
    ),
    ("list_damaged", "1 if a newer snapshot can't be used", lambda health: bool(health.problem)),
    (
        "list_signals_unknown",
        "Fingerprints on the list of kinds that this gate is too old to match",
        lambda health: sum(health.signals_unknown.values()),
    ),
    (
        "feedback_waiting",
        "Feedback on its way to the hotline",
        lambda health: health.feedback_waiting,
    ),
    (
        "feedback_refused",
        "Feedback that the hotline refused",
        lambda health: health.feedback_refused,
    ),
    (
        "contact_age_seconds",
        "Seconds since the hotline last answered as it should",
        _silence,
    ),
)
