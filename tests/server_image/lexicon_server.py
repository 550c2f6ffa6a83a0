"""The real server around a model of a few words that also obeys: run as a program, it serves until told to stop.

Words that it obeys: `sleep1.5` takes that many seconds, `fail` raises, `die` kills the process, `hang` holds the
interpreter as a runaway regular expression would. A file named by LEXICON_BROKEN makes every scoring fail, and
LEXICON_ONLY_PARENT makes it fail in every process but the first. LEXICON_QUICK is how many bytes it says it takes a
millisecond for.
"""

from __future__ import annotations

import math
import os
import re
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from server_image import logs, serving
from server_image.settings import Settings

WEIGHTS = {"love": 2.0, "great": 1.5, "good": 1.0, "bad": -1.0, "awful": -2.0, "hate": -2.5, "not": -0.75}
PARENT = os.getpid()


class Lexicon:
    """Adds up the weights of known words."""

    labels = ("Negative", "Positive")
    quick = int(os.environ.get("LEXICON_QUICK", 0))

    def predict(self, texts: Sequence[str]) -> list[tuple[str, float]]:
        if Path(os.environ.get("LEXICON_BROKEN", "/nowhere")).exists():
            raise RuntimeError("the model is broken")
        if "LEXICON_ONLY_PARENT" in os.environ and os.getpid() != PARENT:
            raise RuntimeError("no scoring here")
        return [self._predict(text) for text in texts]

    def explain(self, text: str, limit: int = 10) -> list[tuple[str, float]]:
        sign = 1.0 if self._predict(text)[0] == "Positive" else -1.0
        words = [(word, sign * WEIGHTS[word.lower()]) for word in text.split() if word.lower() in WEIGHTS]
        return sorted(words, key=lambda pair: -abs(pair[1]))[:limit]

    def _predict(self, text: str) -> tuple[str, float]:
        words = text.lower().split()
        for word in words:
            _obey(word)
        probability = 1 / (1 + math.exp(-sum(WEIGHTS.get(word, 0.0) for word in words)))
        return ("Positive", probability) if probability >= 0.5 else ("Negative", 1 - probability)


def _obey(word: str) -> None:
    if word.startswith("sleep") and word[5:]:
        time.sleep(float(word[5:]))
    elif word == "fail":
        raise RuntimeError("told to fail")
    elif word == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    elif word == "hang":
        re.match(r"(a|aa)+$", "a" * 60 + "b")


def main() -> int:
    settings = Settings.from_environment(os.environ)
    logs.set_level(settings.log_level)
    try:
        serving.serve(Lexicon(), settings, serving.bind(settings))
    except serving.CannotStart as error:
        logs.log("error", "failed", reason=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
