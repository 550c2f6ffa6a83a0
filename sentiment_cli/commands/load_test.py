"""`load-test`: the highest rate that keeps the p99 under a target, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sentiment_cli.commands.common import Run, command
from sentiment_cli.commands.invoke import Target, most_public
from sentiment_cli.commands.place import ProfileFlag, RegionFlag, SandboxFlag, StageFlag, enter, where

if TYPE_CHECKING:
    from sentiment_cli.capacity.search import Found
    from sentiment_cli.capacity.subject import Subject
    from sentiment_cli.capacity.testing import LoadTest
    from sentiment_cli.commands.place import Place

SENT = "What is sent"
FOLLOWS = "What is reckoned"


class Arrivals(StrEnum):
    poisson = "poisson"
    fixed = "fixed"


@command
def load_test(
    run: Run,
    target: Annotated[
        Target | None, typer.Option(help="What to test.", show_default="the most public one that is up")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="Address of a local server, if not the one serve-local started.")
    ] = None,
    p99: Annotated[
        float,
        typer.Option("--p99", metavar="MS", min=1, max=60_000, help="Milliseconds that 99 requests in 100 may take."),
    ] = 100,
    duration: Annotated[
        float, typer.Option(metavar="SECONDS", min=5, max=3600, help="How long it may take, about.")
    ] = 120,
    max_requests: Annotated[int, typer.Option(min=100, help="How many requests it may send.")] = 200_000,
    text: Annotated[
        list[str] | None,
        typer.Option(help="A text to send; several take turns.", show_default="your data", rich_help_panel=SENT),
    ] = None,
    texts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Texts to send: JSON, CSV, or one a line.", rich_help_panel=SENT),
    ] = None,
    batch: Annotated[int, typer.Option(min=1, max=500, help="Texts in a request.", rich_help_panel=SENT)] = 1,
    arrivals: Annotated[
        Arrivals, typer.Option(help="As from many people, or with even pauses.", rich_help_panel=SENT)
    ] = Arrivals.poisson,
    rate: Annotated[
        float | None,
        typer.Option(metavar="R", min=0.001, max=1e9, help="Say how many instances bear R requests a second.",
                     show_default=False, rich_help_panel=FOLLOWS),
    ] = None,
    safety_factor: Annotated[
        float,
        typer.Option(min=0.05, max=1, help="Share of the highest rate that an instance should get.",
                     rich_help_panel=FOLLOWS),
    ] = 0.5,
    stage: StageFlag = "dev",
    region: RegionFlag = None,
    profile: ProfileFlag = None,
    sandbox: SandboxFlag = False,
) -> None:  # fmt: skip
    """Find the highest rate that a model answers in time, and from it instances, prices and autoscaling.

    Says what it can cost, and asks. Sends real requests: an endpoint that others use gets slower for them meanwhile.

    Examples:

      sentiment-cli load-test --target local --p99 50

      sentiment-cli load-test --target endpoint --rate 300 --duration 60

      sentiment-cli load-test --target api --texts tweets.csv --yes --json
    """
    from sentiment_cli.capacity import Aim, Bounds
    from sentiment_cli.capacity.testing import LoadTest, Wanted
    from sentiment_cli.texts import to_send

    sent = to_send(text or [], texts, run.project_dir)
    chosen = Target.local if url else target or most_public(run, stage, sandbox)
    wanted = Wanted(Aim(p99 / 1000), Bounds(max_requests, duration), batch, arrivals.value, safety_factor, rate)
    with _subject(run, chosen, url, stage, sandbox, where(region, profile)) as subject:
        test = LoadTest(subject, wanted, sent)
        subject.ask(sent[:batch])  # whatever is wrong there is told before anybody is asked
        _confirm(run, test)
        found = _tested(run, test)
    _show(run, test, found)


@contextmanager
def _subject(
    run: Run, target: Target, url: str | None, stage: str, sandbox: bool, flags: Mapping[str, tuple[str, Any]]
) -> Iterator[Subject]:
    from sentiment_cli.clients.inference import InferenceClient

    if target is Target.local:
        from sentiment_cli.local_server import serving_url

        address = url or serving_url(run.project_dir)
        with InferenceClient(address) as client:
            yield _local(run, client)
        return
    place = enter(run, stage, sandbox, flags, hosting=False)
    if target is Target.endpoint:
        from sentiment_cli.clients.endpoint import EndpointClient

        yield _hosted(
            place, target, f"the endpoint {place.names.endpoint}", EndpointClient(place.aws, place.names.endpoint)
        )
        return
    from sentiment_cli.deployment.deploying import api_client
    from sentiment_cli.deployment.hosted import throttle_of

    with api_client(place.aws, place.names) as client:
        subject = _hosted(place, target, f"the API at {client.url}", client)
        yield replace(
            subject,
            throttle=throttle_of(place.aws, place.names),
            direct=place.command("load-test --target endpoint"),
        )


def _local(run: Run, client: Any) -> Subject:
    """A server on this machine, reckoned as if it were one instance of the type that the project names."""
    from sentiment_cli import project as projects
    from sentiment_cli.capacity import Hosting
    from sentiment_cli.capacity.subject import Subject

    file = run.project_dir / projects.FILE_NAME
    settings = projects.load(run.project_dir).endpoint if file.exists() else projects.Endpoint()
    kind = settings.instance_type if settings.kind == "realtime" else None
    hosting = Hosting("realtime", kind)
    return Subject("local", f"the server at {client.url}", hosting, True, False, client.ask, client.prepared)


def _hosted(place: Place, target: Target, title: str, client: Any) -> Subject:
    from sentiment_cli.capacity.subject import Subject
    from sentiment_cli.deployment.hosted import hosting_of

    hosting = hosting_of(place.aws, place.names, api=target is Target.api)
    here = place.aws.endpoint_url is not None
    return Subject(target.value, title, hosting, here, not here, client.ask, client.prepared)


def _confirm(run: Run, test: LoadTest) -> None:
    from sentiment_cli.terminal.capacity import price_of

    subject, bounds = test.subject, test.wanted.bounds
    much = f"Up to {bounds.requests:,} requests within about {bounds.seconds:.0f} s"
    run.terminal.say(f"{much} go to {subject.title}. {price_of(test)}")
    run.confirm("Send them?", default=not subject.billed)


def _tested(run: Run, test: LoadTest) -> Found:
    """Run it, each rate told as it comes. A Ctrl-C leaves what was measured so far in the error."""
    from sentiment_cli.commands.common import stopping_in_order
    from sentiment_cli.events import Note
    from sentiment_cli.terminal.capacity import step_line

    try:
        with stopping_in_order():
            found = test.run(run.terminal.emit, lambda step: run.terminal.emit(Note(step_line(step))))
    except KeyboardInterrupt:
        raise _broken_off(test) from None
    if not found.rate:
        raise _unmet(test) if found.limit == "unmet" else _too_short(test)
    return found


def _broken_off(test: LoadTest) -> Exception:
    from sentiment_cli.errors import Interrupted

    met = [each.rate for each in test.steps if each.verdict == "met"]
    so_far = f"{max(met):,.0f} requests a second met the target so far." if met else "No rate was judged yet."
    error = Interrupted("Interrupted: nothing more is sent.", so_far, "Run it again for a result.", code="interrupted")
    error.data = test.so_far()
    return error


def _unmet(test: LoadTest) -> Exception:
    from sentiment_cli.errors import Refused

    error = Refused(
        f"No rate keeps the p99 under {test.wanted.aim.seconds * 1000:g} ms.", _at_the_lowest(test),
        f"Name a target that a single request can meet with --p99, or look at the server.{_past_the_throttle(test)}",
        code="p99-unmet",
    )  # fmt: skip
    error.data = test.so_far()
    return error


def _too_short(test: LoadTest) -> Exception:
    from sentiment_cli.errors import Refused

    error = Refused(
        "The test was too short to find a rate that keeps the target.",
        f"Its bounds ended it. {_at_the_lowest(test)}",
        f"Give it more with --duration or --max-requests.{_past_the_throttle(test)}", code="too-short",
    )  # fmt: skip
    error.data = test.so_far()
    return error


def _at_the_lowest(test: LoadTest) -> str:
    """What came of the lowest rate that was tried."""
    from sentiment_cli.terminal.capacity import failures, throttling

    if not test.steps:
        return "No rate was tried."
    lowest = min(test.steps, key=lambda each: each.rate)
    p99 = lowest.percentile(99)
    said = f"the p99 was {p99 * 1000:,.0f} ms" if p99 is not None else "no request was answered"
    failed = f", and {lowest.failed} of {lowest.requests} failed ({failures(lowest)})" if lowest.failed else ""
    limit = throttling(test) if lowest.throttled else ""
    because = f": {limit}" if limit else ""
    return f"At {lowest.rate:,.1f} a second, the lowest rate that was tried, {said}{failed}{because}."


def _past_the_throttle(test: LoadTest) -> str:
    """What else to do where requests were throttled on the way to what should be measured."""
    from sentiment_cli.terminal.capacity import direct

    if not test.subject.direct or not any(each.throttled for each in test.steps):
        return ""
    return f" What is behind the throttle is measured by `{direct(test)}`."


def _show(run: Run, test: LoadTest, found: Found) -> None:
    from sentiment_cli.terminal.capacity import capacity_card, steps_table

    run.terminal.show(steps_table(found.steps))
    run.terminal.show(capacity_card(test, found))
    run.terminal.result(test.as_dict(found))
