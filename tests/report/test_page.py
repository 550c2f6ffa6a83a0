"""report.html: self-contained, readable in light and dark and on a phone, and deaf to what strangers write."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sentiment_cli.report import Facts, write_report
from sentiment_cli.report.page import verdict
from sentiment_cli.training import Metrics, Mistake, Word
from sentiment_cli.training.evaluation import evaluate

ATTACK = '<script>document.title="owned"</script><img src=x onerror=alert(1)>" onmouseover="x {{ 7*7 }} \ud800'


def measured(names: tuple[str, ...] = ("Negative", "Positive"), rows: int = 400) -> Metrics:
    rng = np.random.default_rng(0)
    truth = rng.integers(0, len(names), rows).astype(np.int8)
    values = rng.normal(size=(rows, len(names))) + 1.5 * np.eye(len(names))[truth]
    probabilities = np.exp(values) / np.exp(values).sum(axis=1, keepdims=True)
    words = tuple(tuple(Word(f"{name} {n}", 3 - n / 10) for n in range(20)) for name in names)
    texts = [f"text {n}" for n in range(rows)]
    return evaluate(texts, truth, probabilities, names, train_rows=1600, terms=5000, majority=0, words=words)


FACTS = Facts("my-tweets", ["CSV, UTF-8", "2,000 rows"], {"classifier": "logistic regression, C = 1"})


@pytest.fixture
def page(tmp_path: Path) -> Path:
    write_report(tmp_path / "report.html", measured(), FACTS)
    return tmp_path / "report.html"


def test_it_loads_nothing_from_anywhere(page: Path) -> None:
    html = page.read_text()
    plain = re.sub(r'xmlns(:xlink)?="[^"]*"', "", html)
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", plain)
    assert "@import" not in html
    assert "<script" not in html
    assert html.count("<svg") == 3


def test_the_same_figures_give_the_same_bytes(page: Path, tmp_path: Path) -> None:
    write_report(tmp_path / "again.html", measured(), FACTS)
    assert (tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_three_labels_have_their_own_figures(tmp_path: Path) -> None:
    write_report(tmp_path / "r.html", measured(("bad", "good", "so so")), FACTS)
    html = (tmp_path / "r.html").read_text()
    assert html.count("<svg") == 3
    assert "says so so" in html


def test_the_verdict_does_not_flatter() -> None:
    metrics = measured()
    assert "has not clearly learnt" in verdict(replace(metrics, accuracy=0.5, accuracy_low=0.45, baseline_accuracy=0.5))
    assert "not by much" in verdict(replace(metrics, accuracy=0.95, accuracy_low=0.94, baseline_accuracy=0.9))
    assert verdict(replace(metrics, accuracy=0.8, accuracy_low=0.78, baseline_accuracy=0.5)).endswith("for 50.")


def hostile() -> tuple[Metrics, Facts]:
    metrics = measured(("Negative", ATTACK))
    mistake = Mistake(ATTACK, "Negative", ATTACK, 0.99)
    words = (metrics.words[0], (Word(ATTACK, 2.0),))
    return replace(metrics, mistakes=(mistake,), words=words), Facts(ATTACK, [ATTACK], {ATTACK: ATTACK})


@pytest.mark.browser
def test_what_strangers_write_stays_text(tmp_path: Path, browser: Any) -> None:
    write_report(tmp_path / "r.html", *hostile())
    browser.get(f"file://{tmp_path}/r.html")
    assert "owned" not in browser.title.split("<script>")[0]
    assert browser.execute_script("return document.scripts.length") == 0
    assert browser.execute_script("return document.images.length") == 0
    assert browser.execute_script("return document.querySelectorAll('[onmouseover],[onerror]').length") == 0
    assert "<script>" in browser.find_element("css selector", "td.text").text


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_sticks_out_at_any_width(page: Path, browser: Any, width: int) -> None:
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                            {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500})  # fmt: skip
    browser.get(f"file://{page}")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_can_be_read_in_light_and_dark(page: Path, browser: Any, scheme: str) -> None:
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    browser.get(f"file://{page}")
    ratios = browser.execute_script(CONTRASTS)
    assert len(ratios) > 50
    assert min(ratios) >= 4.5, sorted(ratios)[:5]


# WCAG 2.2, success criterion 1.4.3: the contrast of each text with the background behind it, svg texts included.
CONTRASTS = """
const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
function rgba(colour) {
  canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data];
}
function luminance([r, g, b]) {
  const [x, y, z] = [r, g, b].map(v => { v /= 255; return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
  return .2126 * x + .7152 * y + .0722 * z;
}
function behind(element) {
  for (let e = element; e; e = e.parentElement) {
    const colour = rgba(getComputedStyle(e).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  return [255, 255, 255, 255];
}
const found = [];
for (const e of document.querySelectorAll('main *')) {
  if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim())) continue;
  if (e.closest('svg') && !e.closest('text')) continue;  // a style or a title is not shown
  const style = getComputedStyle(e);
  const a = luminance(rgba(e.closest('svg') ? style.fill : style.color)), b = luminance(behind(e));
  found.push((Math.max(a, b) + .05) / (Math.min(a, b) + .05));
}
return found;
"""
