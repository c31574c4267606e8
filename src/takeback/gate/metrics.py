"""What the gate's service counts, in the text format of Prometheus."""

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.registry import Collector

from takeback.gate.gate import Gate, Verdict

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
        """Read the gauges from the gate."""
        health = self._gate.health()
        size = health.in_force.checkpoint_size if health.in_force else 0
        age = health.contact_age_seconds
        for name, meaning, value in (
            ("list_in_force", "1 if uploads can be checked", float(self._gate.ready)),
            ("list_events", "Events in the log up to the list in force", size),
            ("list_entries", "Live entries of the list in force", health.entries),
            (
                "list_untrusted",
                "1 if the list has expired or is refused",
                float(health.standing.trouble is not None),
            ),
            ("list_stale", "1 if the hotline has been silent for long", float(health.stale)),
            ("list_damaged", "1 if a newer snapshot can't be used", float(bool(health.problem))),
            ("feedback_waiting", "Feedback on its way to the hotline", health.feedback_waiting),
            ("feedback_refused", "Feedback that the hotline refused", health.feedback_refused),
            (
                "contact_age_seconds",
                "Seconds since the hotline last answered as it should",
                age if age is not None else float("inf"),
            ),
        ):
            yield GaugeMetricFamily(f"takeback_gate_{name}", meaning, value=value)
