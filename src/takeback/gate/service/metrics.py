"""What the gate's service counts, in the text format of Prometheus."""

from collections.abc import Callable, Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from takeback.gate.check.followed_list import STALE_AFTER_SECONDS
from takeback.gate.check.gate import Gate, Verdict
from takeback.gate.check.wire import HealthAnswer, ListAnswer

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class GateMetrics:
    """Counters of one service; gauges are read from the gate whenever somebody looks."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self, gate: Gate) -> None:
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
