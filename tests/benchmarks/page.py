"""docs/performance.md and the README's figures, from docs/performance.json and nothing else.

    python -m tests.benchmarks.page

writes both, and docs/performance.svg.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tests.benchmarks.bench_deploying import Deployment, table
from tests.benchmarks.figures import Figure, Ratio, Results, measured, once, peers, ratios, row, wrong
from tests.benchmarks.measuring import ROWS, Row
from tests.benchmarks.servers import BY_NAME, ROOT

RESULTS, PAGE, PICTURE = (ROOT / "docs" / f"performance.{kind}" for kind in ("json", "md", "svg"))
README = ROOT / "README.md"
BEGIN, END = "<!-- figures of docs/performance.json, by `make bench` -->\n", "<!-- end of figures -->\n"
MEGA = 2**20
LARGE_SECONDS = 3


def main() -> None:
    from tests.benchmarks import picture

    results = json.loads(RESULTS.read_text())
    PAGE.write_text(render(results), encoding="utf-8")
    README.write_text(with_figures(README.read_text(encoding="utf-8"), results), encoding="utf-8")
    picture.draw(results, PICTURE)


def render(results: Results) -> str:
    return "\n".join(_lines(results)) + "\n"


def with_figures(readme: str, results: Results) -> str:
    """`readme` with what stands between the marks written anew; as it is where there are none."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    return before + begin + summary(results) + end + after if begin and end else readme


def summary(results: Results) -> str:
    """For the README."""
    heads = (f"on {_machine(results)}", "sentiment-cli", f"best of {len(peers(results))} peers", "ratio")
    more = "All of it, with targets, memory, start and how it was measured: [docs/performance.md](docs/performance.md)."
    return "\n".join((*_table(heads, (_compared(results, of) for of in ROWS)), "", more)) + "\n"


def _compared(results: Results, of: Row) -> tuple[str, ...]:
    best = max(peers(results), key=lambda each: row(results, each, of.name).median)
    ours, theirs = (row(results, name, of.name).median * of.texts for name in ("ours", best))
    what = f"texts/s, {of.texts} a request, {_plural(of.connections)}"
    return what, f"{ours:,.0f}", f"{theirs:,.0f} ({BY_NAME[best].title})", f"{ours / theirs:.1f}"


def _plural(connections: int) -> str:
    return f"{connections} connection" + ("s" if connections > 1 else "")


def _machine(results: Results) -> str:
    machine = results["machine"]
    return f"{machine['cpus']} cores of {machine['processor']}"


def _lines(results: Results) -> Iterator[str]:
    yield from INTRODUCTION.format(**_settings(results)).splitlines()
    yield from ("", "![requests a second](performance.svg)", "", "## Promised and reached", "")
    before = results.get("before", [])
    heads = ("", "measured", "target", "reached", "against", *(["in whole runs before"] if before else []))
    yield from _table(heads, (_ratio_cells(each, before) for each in ratios(results)))
    for name, heading in (("rate", "Requests a second"), ("p50", "Median latency, ms"), ("p99", "99th percentile, ms"),
                          ("cpu", "CPU of the server, microseconds a request")):  # fmt: skip
        yield from ("", f"## {heading}", "")
        heads = [f"{of.texts} text{'s' * (of.texts > 1)}, {_plural(of.connections)}" for of in ROWS]
        yield from _table(("", *heads), (_row_cells(results, server, name) for server in measured(results)))
    yield from ("", "## Start, memory, mistakes", "")
    heads = ("", "start to 200 on ping, s", "start to first right answer, s", "memory, MB", "wrong answers", "of")
    yield from _table(heads, (_once_cells(results, server) for server in measured(results)))
    yield from _rest(results)


def _ratio_cells(ratio: Ratio, before: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    reached = {None: "not measured", True: "yes", False: "**no**"}[ratio.reached]
    earlier = [", ".join(_value(each["ratios"].get(ratio.name)) or "-" for each in before)] if before else []
    sign = "at least" if ratio.at_least else "at most"
    against = BY_NAME[ratio.against].title if ratio.against else ""
    return ratio.name, _value(ratio.value), f"{sign} {ratio.target:.3g}", reached, against, *earlier


def _value(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if value < 10 else f"{value:.1f}"


def _row_cells(results: Results, server: str, measure: str) -> tuple[str, ...]:
    return BY_NAME[server].label, *(_figure(row(results, server, of.name, measure)) for of in ROWS)


def _figure(figure: Figure) -> str:
    digits = 0 if figure.median >= 100 else 1 if figure.median >= 10 else 2
    return f"{figure.median:,.{digits}f} ({figure.least:,.{digits}f}–{figure.most:,.{digits}f})"


def _once_cells(results: Results, server: str) -> tuple[str, ...]:
    rounds = results["servers"][server]["rounds"]
    answer = _figure(once(results, server, "answer")) if "answer" in rounds[0] else ""
    mega = once(results, server, "pss")
    memory = _figure(Figure(mega.median / MEGA, mega.least / MEGA, mega.most / MEGA))
    asked = sum(one["checked"] for one in rounds)
    return (
        BY_NAME[server].label, _figure(once(results, server, "ping")), answer, memory,
        str(wrong(results, server)), f"{asked:,}" if asked else "",
    )  # fmt: skip


def _rest(results: Results) -> Iterator[str]:
    for name, server in results["servers"].items():
        if server["failed"]:
            yield from ("", f"Not measured: {BY_NAME[name].title}. {' '.join(server['failed'].split())}")
    if alone := results.get("alone"):
        one, many = (_figure(Figure.of(each[size] for each in alone)) for size in ("1", "100"))
        yield from ("", f"The scorer alone, one process and no server: {one} texts a second, {many} in batches of 100.")
    if memory := results.get("memory"):
        yield from ("", "## Memory by number of workers", "", *_by_workers(memory))
    if large := results.get("large"):
        reached = "reached" if large["seconds"] < LARGE_SECONDS else "**not** reached"
        said = f"Start to first right answer: {large['seconds']:.2f} s (target: under {LARGE_SECONDS} s, {reached})."
        yield from ("", f"## A model of {large['terms']:,} terms", "", said, "", *_by_workers(large["pss"]))
    if image := results.get("image"):
        small, big = image["bytes"] / 1e6, image["with_scikit_learn"] / 1e6
        yield from ("", "## Size of the image", "", f"{small:.0f} MB; with scikit-learn {big:.0f} MB.")
    if deploying := results.get("deploying"):
        kinds = [Deployment(**each) for each in deploying]
        yield from ("", "## What a deployment costs beside waiting", "", *_DEPLOYING, "", *table(kinds))
    machine = results["machine"]
    yield from ("", "## Versions", "", f"- wrk {machine['wrk']}, nginx {machine['nginx']}")
    for name, server in results["servers"].items():
        if server.get("versions"):
            told = ", ".join(f"{package} {number}" for package, number in server["versions"].items())
            yield f"- {BY_NAME[name].title}: {told}"


def _by_workers(memory: Mapping[str, int]) -> Iterator[str]:
    yield from _table(("workers", "memory, MB"), ((workers, f"{used / MEGA:.1f}") for workers, used in memory.items()))


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    heads = tuple(heads)
    yield "| " + " | ".join(heads) + " |"
    yield "|" + "---|" * len(heads)
    for cells in rows:
        yield "| " + " | ".join(cells) + " |"


def _settings(results: Results) -> dict[str, object]:
    return {**results["machine"], **results["settings"], "machine": _machine(results)}


_DEPLOYING = (
    "In the sandbox, whose endpoint is a process: a first `deploy`, one with nothing to change, and one with a model",
    "that was trained again. CPU is what a command does when it does not wait for AWS, Docker or the network (target:",
    "under 2 s): its own, and that of the processes it starts, which are Chalice and the server that is tried first.",
)

INTRODUCTION = """# How fast the server is

Written by `make bench` from [performance.json](performance.json), which holds every single round. On {date}: {machine},
{system}, Python {python}, {memory_gb} GB of memory. Load average {load_before:.1f} when it began, which holds its own
set-up where that was needed, and {load_after:.1f} at the end: the benchmark alone keeps every core busy.

Every server serves the very same model, on the same build of Python, the quickest of its version that the machine has
(the image brings its own): `sentiment-cli train` on {rows:,} made-up tweets, {terms:,} terms. wrk with one
thread, on the same {cpus} cores, sends each of {texts:,} texts of the bundled sample in turn, and the next only after
an answer. Heads of requests differ in their length alone, as those of one client do: our server remembers heads, and
needs some microseconds more for one that it has not seen. The servers take turns, {rounds} rounds of them, and each row
of a turn takes {seconds:g} s; each is started anew for its turn, warmed up and ended after it. Figures are medians of
the rounds, with the least and the most in brackets. Before and after the load of each turn answers are held against
scikit-learn's own, label and score (to 1e-9); what was no 2xx under load counts as wrong too.

Peers are installed from PyPI and written as their documentation does it, each with {workers} processes unless told
otherwise (`tests/benchmarks/peers/`). Memory is the proportional set size of all processes together after load; CPU is
that of all of them too. Two servers are no peers but limits: they look at no text and always answer the same.

To measure again, on Debian with `apt-get install wrk nginx`: `make bench` (less than twenty minutes), or for a first
look, which leaves this page alone: `make bench BENCH_ARGS="--peers ours,fastapi --rounds 1 --seconds 1"`.
"""


if __name__ == "__main__":
    main()
