"""Progress off a terminal: steps, notes, and now and then how far it is; nothing that moves."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from sentiment_cli.events import LogLine, Note, Progress, StepDone, StepStarted
from sentiment_cli.terminal import progress
from sentiment_cli.terminal.progress import LineRenderer, LiveRenderer, age, amount, duration, renderer_for


def lines(verbose: bool = False) -> tuple[LineRenderer, io.StringIO]:
    out = io.StringIO()
    return LineRenderer(Console(file=out, width=60), verbose=verbose), out


def test_steps_are_numbered_and_end_with_their_time() -> None:
    renderer, out = lines()
    renderer.show(StepStarted(2, 5, "Fit", usual="a minute"))
    renderer.show(StepDone("Fit", 75.2, "30,100 terms"))
    assert out.getvalue() == "[2/5] Fit (usually a minute)\n  done in 1 min 15 s: 30,100 terms\n"


def test_a_long_step_speaks_about_every_30_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    renderer, out = lines()
    for second in range(100):
        now[0] = 1000.0 + second
        renderer.show(Progress("Reading", second * 1000, 100_000, "rows"))
    assert out.getvalue().count("\n") == 3
    assert "Reading 30,000 of 100,000 rows" in out.getvalue()


def test_warnings_stand_out_and_other_programs_speak_only_when_asked() -> None:
    renderer, out = lines()
    renderer.show(Note("3 rows are empty", "warning"))
    renderer.show(LogLine("docker", "Step 1/9"))
    assert out.getvalue() == "Warning: 3 rows are empty\n"
    renderer, out = lines(verbose=True)
    renderer.show(LogLine("docker", "Step 1/9"))
    assert "docker: Step 1/9" in out.getvalue()


def test_markup_in_an_event_is_only_text() -> None:
    renderer, out = lines()
    renderer.show(Note("[red]not red[/red] [/nothing]"))
    assert out.getvalue() == "[red]not red[/red] [/nothing]\n"


def test_a_terminal_gets_the_live_one_and_a_dumb_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True)
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(renderer_for(terminal, verbose=False), LiveRenderer)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(renderer_for(terminal, verbose=False), LineRenderer)


def test_the_live_one_leaves_only_finished_steps_behind() -> None:
    out = io.StringIO()
    renderer = LiveRenderer(Console(file=out, force_terminal=True, width=80), verbose=False)
    renderer.show(StepStarted(1, 2, "Read the rows"))
    renderer.show(Progress("Reading", 5_000_000, 10_000_000, "bytes"))
    renderer.show(StepDone("Read the rows", 1.0, "10 rows"))
    renderer.close()
    assert "✓" in out.getvalue()
    assert out.getvalue().rstrip().endswith("1.0 s\x1b[0m")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (60, "1 min 0 s"), (3700, "1 h 1 min")],
)
def test_durations_read_naturally(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-1, "0 s"), (0.6, "1 s"), (119, "119 s"), (120, "2 min"), (7199, "119 min"), (7200, "2 h"), (172_799, "47 h"),
        (172_800, "2 days"), (40.9 * 86_400, "40 days"),
    ],
)  # fmt: skip
def test_ages_read_naturally(seconds: float, text: str) -> None:
    assert age(seconds) == text


def test_amounts_name_their_unit() -> None:
    assert amount(Progress("Pushing", 1_500_000, 3_000_000, "bytes")) == "Pushing 1.5 MB of 3.0 MB"
    assert amount(Progress("Reading", 7, None, "rows")) == "Reading 7 rows"


def test_steps_side_by_side_say_which_one_is_meant() -> None:
    renderer, out = lines()
    renderer.show(StepStarted(1, 2, "Push"))
    renderer.show(StepStarted(2, 2, "Upload"))
    renderer.show(StepDone("Push", 2.0, "f" * 64))
    renderer.show(StepDone("Upload", 3.0))
    assert out.getvalue().splitlines()[2:] == ["  Push: done in 2.0 s: ffffffffffff…", "  done in 3.0 s"]


def test_steps_side_by_side_each_have_a_line_in_a_terminal() -> None:
    renderer = LiveRenderer(Console(file=io.StringIO(), force_terminal=True, width=80), verbose=False)

    def picture() -> list[str]:
        out = io.StringIO()
        Console(file=out, width=80).print(renderer._picture())
        return out.getvalue().splitlines()

    renderer.show(StepStarted(1, 2, "Push"))
    renderer.show(StepStarted(2, 2, "Upload"))
    renderer.show(Progress("Sent", 5, 10, "layers", step="Push"))
    assert [("Push" in line, "Sent 5" in line) for line in picture()] == [(True, True), (False, False)]
    renderer.show(StepDone("Push", 1.0))
    [line] = picture()
    assert "2/2 Upload" in line
    renderer.close()


@pytest.mark.parametrize(
    ("width", "bar", "usual"), [(120, True, True), (100, False, True), (84, False, True), (64, False, False)]
)
def test_where_it_is_narrow_the_amount_stays_whole(width: int, bar: bool, usual: bool) -> None:
    told = "Pushing layer 4 of 4, 83.2 MB of 120.0 MB"
    renderer = LiveRenderer(Console(file=io.StringIO(), force_terminal=True, width=width), verbose=False)
    renderer.show(StepStarted(5, 10, "Image", usual="1 to 3 min"))
    renderer.show(Progress("Pushing layer 4 of 4,", 83_200_000, 120_000_000, "bytes", step="Image"))
    out = io.StringIO()
    Console(file=out, width=width).print(renderer._picture())
    renderer.close()
    [line] = out.getvalue().splitlines()
    assert told in line
    assert "…" not in line
    assert ("━" in line) == bar
    assert ("(usually 1 to 3 min)" in line) == usual
