"""The page at GET / of the deployed API, in a browser: it asks for the key, shows answers, and says what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from tests.resources.api.conftest import Stage

pytestmark = pytest.mark.browser


def element(browser: Any, name: str) -> Any:
    return browser.find_element("id", name)


def wait(browser: Any, name: str, text: str) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    WebDriverWait(browser, 20).until(lambda _: text in element(browser, name).text)


def test_a_sentence_is_scored_with_the_key(stage: Stage, browser: Any) -> None:
    stage.deploy()
    browser.get(stage.url)
    element(browser, "text").send_keys("Today was a great day!\n")
    wait(browser, "trouble", "The API key is missing or wrong.")
    element(browser, "key").send_keys(stage.key)
    element(browser, "score").click()
    wait(browser, "label", "Positive")
    assert element(browser, "percent").text == "90.0 %"
    assert "great" in element(browser, "words").text
    assert f"{stage.url}predict" in element(browser, "curl").text
    assert stage.key not in element(browser, "curl").text
    browser.get(stage.url.rstrip("/"))  # without the slash it works too, and the tab still has the key
    element(browser, "text").send_keys("The train was late.\n")
    wait(browser, "label", "Negative")
    log = [line["message"] for line in browser.get_log("browser") if "403" not in line["message"]]
    assert log == []


def test_an_api_for_everyone_asks_for_no_key(stage: Stage, browser: Any) -> None:
    stage.deploy("none")
    browser.get(stage.url)
    assert not element(browser, "key").is_displayed()
    browser.find_element("css selector", "#examples button").click()
    wait(browser, "label", "Positive")


def test_an_api_for_signed_requests_says_so(stage: Stage, browser: Any) -> None:
    stage.deploy("iam")
    browser.get(stage.url)
    assert element(browser, "signed").is_displayed()
    assert not element(browser, "form").is_displayed()
