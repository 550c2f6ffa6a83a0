"""The page at `/`, in a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from running_server import RunningServer, StartServer

pytestmark = pytest.mark.browser


class Page:
    """The page as somebody sees it who only has a keyboard."""

    def __init__(self, browser: Any) -> None:
        from selenium.webdriver.common.by import By
        from selenium.webdriver.common.keys import Keys
        from selenium.webdriver.support.ui import WebDriverWait

        self.browser, self.keys, self._by, self._wait = browser, Keys, By, WebDriverWait(browser, 5)

    def open(self, server: RunningServer) -> None:
        self.browser.get(server.url + "/")
        self.until(lambda: "labels:" in self.text("about"))

    def text(self, name: str) -> str:
        return str(self.browser.find_element(self._by.ID, name).text)

    def shown(self, name: str) -> bool:
        return bool(self.browser.find_element(self._by.ID, name).is_displayed())

    def press(self, *keys: str) -> None:
        from selenium.webdriver import ActionChains

        for key in keys:
            ActionChains(self.browser).send_keys(key).perform()

    def until(self, holds: Callable[[], bool]) -> None:
        self._wait.until(lambda _browser: holds())

    def write(self, text: str, label: str) -> None:
        """Write into whatever has the focus, press Enter and wait for the label."""
        self.press(text, self.keys.ENTER)
        self.until(lambda: self.shown("label") and self.text("label") == label)

    def marks(self) -> list[tuple[str, str]]:
        script = "return [...document.querySelectorAll('mark')].map((mark) => [mark.textContent, mark.className])"
        return [tuple(pair) for pair in self.browser.execute_script(script)]

    def complaints(self) -> list[str]:
        """What the browser says on its console; the policy's violations too."""
        return [entry["message"] for entry in self.browser.get_log("browser")]


@pytest.fixture
def page(browser: Any) -> Page:
    return Page(browser)


def test_a_sentence_from_the_keyboard_alone(page: Page, lexicon: RunningServer) -> None:
    page.open(lexicon)
    page.write("I LOVE it, not awful", "Negative")
    assert page.text("percent") == "67.9 %"
    assert page.text("left") == "Negative 67.9 %"
    assert page.text("right") == "Positive 32.1 %"
    assert page.marks() == [("LOVE", "for"), ("not", "against"), ("awful", "against")]
    assert page.text("for") == "pulls to Positive"
    assert re.findall(r"[+−][\d.]+", page.text("words")) == ["+2.00", "−2.00", "−0.75"]
    assert page.browser.execute_script("return document.activeElement.id") == "text"
    spoken = page.browser.execute_script("return document.getElementById('spoken').textContent")
    assert spoken == "Negative, 67.9 % sure."
    assert page.complaints() == []


def test_an_example_is_reached_with_tab_and_taken_with_enter(page: Page, lexicon: RunningServer) -> None:
    page.open(lexicon)
    page.press(page.keys.TAB, page.keys.TAB, page.keys.ENTER)
    page.until(lambda: page.shown("result"))
    assert page.browser.execute_script("return document.getElementById('text').value") == "Today was a great day!"
    assert page.text("label") == "Positive"


def test_it_scores_while_one_types_and_clears_with_the_text(page: Page, lexicon: RunningServer) -> None:
    page.open(lexicon)
    page.press("hate")
    page.until(lambda: page.shown("result") and page.text("label") == "Negative")
    page.press(*[page.keys.BACKSPACE] * 4)
    page.until(lambda: not page.shown("result"))


def test_markup_in_a_text_stays_text(page: Page, lexicon: RunningServer) -> None:
    page.open(lexicon)
    text = "<img src=x onerror=document.title='hurt'> love </textarea><script>document.title='hurt'</script>"
    page.write(text, "Positive")
    assert page.text("sentence") == text
    assert page.browser.title == "Try the model"
    assert page.browser.execute_script("return document.querySelectorAll('img').length") == 0
    assert page.complaints() == []


def test_the_command_for_a_terminal_works(page: Page, lexicon: RunningServer) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not on PATH")
    page.open(lexicon)
    page.write("I'm $HOME `love` \\ \"it\" 'now' love", "Positive")
    command = page.browser.execute_script("return document.getElementById('curl').textContent")
    answer = subprocess.run(["sh", "-c", command], capture_output=True, check=True, text=True)
    assert '"word":"love"' in answer.stdout


def test_a_text_that_is_too_long_is_told(page: Page, start_server: StartServer) -> None:
    page.open(start_server(MODEL_SERVER_PLAYGROUND=1, MODEL_SERVER_MAX_TEXT=300))
    page.browser.execute_script("document.getElementById('text').value = 'x'.repeat(300)")
    page.press("y", page.keys.ENTER)
    page.until(lambda: page.shown("trouble"))
    assert page.text("trouble-detail") == "The text is longer than 300 characters."
    assert page.text("count") == "301 characters"
    assert not page.shown("result")
    assert not page.shown("again")


def test_a_server_that_is_gone_is_told_and_tried_again(page: Page, start_server: StartServer) -> None:
    server = start_server(MODEL_SERVER_PLAYGROUND=1)
    page.open(server)
    page.write("love", "Positive")
    server.stop()
    page.press(" it", page.keys.ENTER)
    page.until(lambda: page.shown("trouble"))
    assert page.text("trouble-title") == "The server does not answer."
    assert not page.shown("result")
    start_server(MODEL_SERVER_PLAYGROUND=1, SAGEMAKER_BIND_TO_PORT=server.port)
    page.press(page.keys.TAB, page.keys.TAB, page.keys.ENTER)  # Score, Try again
    page.until(lambda: page.shown("result"))
    assert not page.shown("trouble")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone_and_can_be_read(page: Page, lexicon: RunningServer, scheme: str) -> None:
    page.browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride", {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
    )
    page.browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    page.open(lexicon)
    page.write("love " + "longword" * 30 + " not good", "Positive")
    assert page.browser.execute_script("return document.documentElement.scrollWidth") == 360
    assert page.browser.execute_script(CONTRASTS) == []


# Every text whose contrast with what lies behind it is below WCAG's 4.5 to 1.
CONTRASTS = """
const channels = (color) => color.match(/[\\d.]+/g).map(Number);
const luminance = ([r, g, b]) => [r, g, b].map((v) => v / 255)
  .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const behind = (element) => {
  const layers = [];
  for (let at = element; at; at = at.parentElement) layers.push(channels(getComputedStyle(at).backgroundColor));
  return layers.reverse().reduce((below, [r, g, b, a = 1]) => below.map((v, i) => v + ([r, g, b][i] - v) * a),
                                 [255, 255, 255]);
};
const poor = [];
for (const element of document.querySelectorAll("main *")) {
  const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!own || !element.getClientRects().length) continue;
  const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))].sort((x, y) => y - x);
  const contrast = (a + 0.05) / (b + 0.05);
  if (contrast < 4.5) poor.push(`${element.tagName} ${element.id} ${element.textContent.trim().slice(0, 20)}: ${contrast}`);
}
return poor;
"""  # noqa: E501


def test_nothing_moves_for_those_who_want_that(page: Page, lexicon: RunningServer) -> None:
    page.browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]}
    )
    page.open(lexicon)
    moves = "return [...document.querySelectorAll('*')].map((e) => getComputedStyle(e).transitionDuration)"
    assert set(page.browser.execute_script(moves)) == {"0s"}


def test_every_control_has_a_name_and_the_page_a_language(page: Page, lexicon: RunningServer) -> None:
    page.open(lexicon)
    page.write("love", "Positive")
    tree = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    controls = [node for node in tree if node["role"]["value"] in ("button", "textbox", "link", "table")]
    names = [node["name"]["value"] for node in controls]
    assert len(names) > 8
    assert all(names)
    assert "Your sentence" in names
    assert page.browser.execute_script("return document.documentElement.lang") == "en"


def test_the_page_loads_nothing_else(lexicon: RunningServer) -> None:
    response = httpx.get(lexicon.url)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(rb'(?:src|href)="(?!/openapi|data:)', response.content) == []
    assert b"http://" not in response.content.replace(b"http://www.w3.org/2000/svg", b"")


def test_without_being_asked_for_there_is_no_page(start_server: StartServer) -> None:
    response = httpx.get(start_server().url)
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
