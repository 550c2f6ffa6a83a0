"""API keys and usage plans: whether a key opens a stage, and how often it may be used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from sentiment_cli.sandbox.gateway.answers import Refusal

_PERIODS = {"DAY": "%Y-%m-%d", "WEEK": "%G-%V", "MONTH": "%Y-%m"}


class Meter:
    """Counts calls, in memory: token buckets for rate and burst, and calls of a period for quotas."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[Any, tuple[float, float]] = {}
        self._used: dict[Any, int] = {}
        self._lock = threading.Lock()

    def throttle(self, who: Any, limits: Mapping[str, Any]) -> None:
        """Take a token of the bucket of `who`. Raises Refusal when it is empty."""
        if not limits.get("rateLimit") and not limits.get("burstLimit"):
            return
        rate = float(limits.get("rateLimit") or 0)
        burst = max(1.0, float(limits.get("burstLimit") or rate))
        with self._lock:
            now = self._clock()
            tokens, then = self._buckets.get(who, (burst, now))
            tokens = min(burst, tokens + (now - then) * rate)
            self._buckets[who] = (tokens - 1 if tokens >= 1 else tokens, now)
            if tokens < 1:
                raise Refusal("THROTTLED")

    def quota(self, who: Any, quota: Mapping[str, Any]) -> None:
        """Count a call against the quota of `who`. Raises Refusal when it is used up."""
        if not quota.get("limit"):
            return
        now = time.strftime(_PERIODS[str(quota.get("period", "MONTH"))], time.gmtime())
        with self._lock:
            used = self._used.get((who, now), 0)
            if used >= int(quota["limit"]):
                raise Refusal("QUOTA_EXCEEDED")
            self._used[who, now] = used + 1


def admit(backend: Any, api_id: str, stage: str, value: str | None, meter: Meter) -> Any:
    """The API key (moto's ApiKey) that `value` is, counted as used. Raises Refusal."""
    key = next((key for key in list(backend.keys.values()) if value and key.value == value), None)
    if key is None or str(key.enabled).lower() != "true":
        raise Refusal("INVALID_API_KEY")
    plan = _plan(backend, api_id, stage, key.id)
    if plan is None:
        raise Refusal("INVALID_API_KEY")
    meter.throttle((plan.id, key.id), plan.throttle)
    meter.quota((plan.id, key.id), plan.quota)
    return key


def _plan(backend: Any, api_id: str, stage: str, key_id: str) -> Any | None:
    for plan in list(backend.usage_plans.values()):
        guarded = any(each["apiId"] == api_id and each["stage"] == stage for each in plan.api_stages)
        if guarded and key_id in backend.usage_plan_keys.get(plan.id, {}):
            return plan
    return None
