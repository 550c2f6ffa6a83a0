"""The model that all servers serve, made by `sentiment-cli train`, and what scikit-learn answers with it.

    python -m tests.benchmarks.model FOLDER ROWS

writes FOLDER/model (the unpacked artifact) and FOLDER/answers.json.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.benchmarks import tweets

BATCH = 100  # texts of a request that carries many


def main(folder: Path, rows: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    tweets.write(folder / "rows.csv", rows)
    train(folder / "project", folder / "rows.csv")
    from server_image.artifact import unpack

    unpack(folder / "project/model/model.tar.gz", folder / "model")
    (folder / "answers.json").write_text(json.dumps(_answers(folder / "model")))


def train(project: Path, rows: Path) -> None:
    """As a user does it; what it says is shown only where it fails."""
    for arguments in (("init", project, "--data", "sample", "--region", "eu-west-1"), ("train", rows, "-C", project)):
        done = subprocess.run(
            [sys.executable, "-m", "sentiment_cli", *map(str, arguments), "--no-input"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(done.stderr)


def _answers(model: Path) -> dict[str, Any]:
    """Label and score of each text by scikit-learn itself, and how large the model is."""
    import joblib

    vectorizer, classifier = (joblib.load(model / f"{name}.joblib") for name in ("vectorizer", "classifier"))
    texts = tweets.asked()
    probabilities = classifier.predict_proba(vectorizer.transform(texts))
    answers = [(("Negative", "Positive")[row.argmax()], float(row.max())) for row in probabilities]
    return {"terms": len(vectorizer.vocabulary_), "texts": texts, "answers": answers}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
