"""What is said to who leaves a deployment before its end, or whose deployment broke off: what there is now, what it
costs, and the two ways on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sentiment_cli.deployment.planner import Cost, Plan, cost_of
from sentiment_cli.deployment.state import Journal
from sentiment_cli.errors import CredentialsError, Interrupted, PartlyDone, Refused, SentimentError
from sentiment_cli.resources.endpoint import Endpoint

NOTHING = "Nothing was created."


@contextmanager
def changing_nothing(plan: Plan, journal: Journal, bill: str) -> Iterator[None]:
    """Within it AWS is not changed, and who leaves is told so. Raises Interrupted after Ctrl-C."""
    try:
        yield
    except KeyboardInterrupt:
        there = inventory(plan, journal, bill, cost_of(plan.before) if plan.before else plan.cost)
        onward = "`sentiment-cli deploy` begins again"
        raise Interrupted(
            "Interrupted before anything was changed on AWS.",
            there or NOTHING,
            f"{onward}; `sentiment-cli teardown` removes what there is." if there else f"{onward}.",
            code="interrupted",
        ) from None


def left(plan: Plan, journal: Journal, bill: str) -> Interrupted:
    """The error of who left while changes were made."""
    return Interrupted(
        "Interrupted. What was done is kept.",
        inventory(plan, journal, bill, plan.cost) or NOTHING,
        "`sentiment-cli deploy` goes on where this stopped; `sentiment-cli teardown` removes everything.",
        code="interrupted",
    )


def inventory(plan: Plan, journal: Journal, bill: str, cost: Cost) -> str:
    """What there is, by the plan and the journal, a line for each, and what it costs; empty for nothing.

    `bill` is said of the endpoint, with room for the price of an hour.
    """
    there = {f"{each.kind} {each.name}": "as it was" for each in plan.changes if each.found is not None}
    kept = {f"{each.kind} {each.name}" for each in plan.changes if each.action == "keep"}
    noted = journal.state.resources
    there |= {key: entry.status for key, entry in noted.items() if key not in kept}
    if not there:
        return ""
    lines = "\n".join(f"  {key} ({status})" for key, status in there.items())
    bills = any(key.startswith(f"{Endpoint.kind} ") for key in there) and cost.hourly
    told = bill.format(cost.hourly) if bills else "Nothing of it bills by the hour."
    return f"There is now:\n{lines}\n{told}"


def resumable(error: SentimentError, journal: Journal) -> SentimentError:
    """`error` with what the next run keeps, as PartlyDone; wrong credentials and a quota stay what they are."""
    stays = isinstance(error, (CredentialsError, Refused))
    if not (stays or error.exit_code == 1) or not _made(journal):
        return error
    onward = "" if stays or "`sentiment-cli deploy" in error.fix else "; `sentiment-cli deploy` goes on from there"
    return (type(error) if stays else PartlyDone)(
        error.what,
        error.why,
        f"{error.fix} What was made before is kept{onward}.",
        code=error.code,
    )


def _made(journal: Journal) -> bool:
    return any(each.status == "created" for each in journal.state.resources.values())
