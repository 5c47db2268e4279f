"""What is counted while the server works, shared by all processes of a machine; shown at `/metrics`.

The counts lie in small files of `settings.METRICS_DIR`, one for each process (the way of
prometheus_client). Who wants to count something new adds a line here.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

REQUESTS = Counter(
    "bitbucket_requests", "HTTP requests that were answered.", ["door", "method", "status"]
)
REQUEST_SECONDS = Histogram(
    "bitbucket_request_seconds", "Time until the answer to an HTTP request began.", ["door"]
)
GIT_OPERATIONS = Counter(
    "bitbucket_git_operations", "Programs of git that were served.", ["service", "outcome"]
)
GIT_SECONDS = Histogram(
    "bitbucket_git_operation_seconds",
    "Time until a program of git was served.",
    ["service"],
    buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 300, 1800),
)
CACHE_LOOKUPS = Counter(
    "bitbucket_cache_lookups", "Lookups in the caches of results.", ["kind", "outcome"]
)
RENDERINGS = Counter(
    "bitbucket_renderings",
    "Texts rendered as HTML, and those shown as plain text.",
    ["task", "outcome"],
)
CONNECTIONS_CUT = Counter(
    "bitbucket_http_connections_cut", "Connections closed because of a limit.", ["why"]
)
SSH_REFUSED = Counter(
    "bitbucket_ssh_refused", "SSH connections and sessions that a limit refused.", ["what", "why"]
)
SSH_CUT = Counter("bitbucket_ssh_sessions_cut", "SSH sessions whose client was too slow.", ["why"])
JOBS = Counter("bitbucket_jobs", "Jobs that were run.", ["task", "outcome"])
DELIVERIES = Counter("bitbucket_webhook_deliveries", "Attempts to call a webhook.", ["outcome"])


@contextmanager
def git_operation(service: str) -> Iterator[None]:
    """Count and time one program of git."""
    begun = time.monotonic()
    outcome = "broken off"
    try:
        yield
        outcome = "done"
    except Exception:
        outcome = "failed"
        raise
    finally:
        GIT_OPERATIONS.labels(service, outcome).inc()
        GIT_SECONDS.labels(service).observe(time.monotonic() - begun)


def exposition(*more: Collector) -> bytes:
    """Everything in the format of Prometheus, with what is looked up at this moment beside it."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    for collector in more:
        registry.register(collector)
    return generate_latest(registry)


def forget_the_dead() -> None:
    """Remove the metric files of processes that have ended; their counters start from zero."""
    for file in settings.METRICS_DIR.glob("*_*.db"):
        pid = file.stem.rpartition("_")[2]
        if pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
            file.unlink(missing_ok=True)
