"""The servers that are measured: how each is started, asked and read; it measures nothing.

All serve the very same model. Those in `peers/` are written as their own documentation does it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = HERE / "peers"
LABELS = ("Negative", "Positive")

Answer = tuple[str, float]
"""A label and its score."""


def _rows(texts: Sequence[str]) -> Any:
    return {"input": [{"text": text} for text in texts]}


def _texts(texts: Sequence[str]) -> Any:
    return {"texts": list(texts)}


def _inputs(texts: Sequence[str]) -> Any:
    return {"inputs": list(texts)}


def _output(said: Any) -> list[Answer]:
    return _list(said["output"])


def _list(said: Any) -> list[Answer]:
    return [(row["label"], row["score"]) for row in said]


def _probabilities(said: Any) -> list[Answer]:
    return [max(zip(LABELS, row, strict=True), key=lambda pair: pair[1]) for row in said["predictions"]]


@dataclass(frozen=True)
class Server:
    """In `command`, {python}, {port}, {workers}, {model}, {work} (a folder for this run), {prepared} and, where it
    is a container, {container} and {image} are filled in."""

    name: str
    title: str
    command: Sequence[str]
    packages: Sequence[str] = ()
    """Whose versions are told."""
    folder: str | None = None
    """In peers/; it is the working directory."""
    own_environment: bool = True
    """A virtual environment of what the folder's requirements.txt says, not the project's."""
    per_core: bool = True
    """Whether it has a process for each CPU."""
    container: bool = False
    """The command starts a container, in the machine's own network; what it uses is what the container uses."""
    limit: bool = False
    """Whether it is no server of the model but a bound for any."""
    needs: Sequence[str] = ()
    """Programs that PyPI does not have."""
    environment: Mapping[str, str] = field(default_factory=dict)
    ping: str = "/ping"
    path: str = "/invocations"
    ask: Callable[[Sequence[str]], Any] = _rows
    answers: Callable[[Any], list[Answer]] = _output

    @property
    def peer(self) -> bool:
        """Whether ours is held against it."""
        return self.folder is not None and not self.limit

    @property
    def label(self) -> str:
        return f"{self.title} (one process)" if self.peer and not self.per_core else self.title

    def body(self, texts: Sequence[str]) -> str:
        return json.dumps(self.ask(texts))

    def python(self, environments: Path) -> str:
        return str(environments / self.name / "bin/python") if self.own_environment else sys.executable

    def variables(self, port: int, workers: int, model: Path, python: str) -> dict[str, str]:
        """Environment variables, those of this process among them."""
        own = {name: value.format(port=port, workers=workers, model=model) for name, value in self.environment.items()}
        path = f"{Path(python).parent}:{os.environ['PATH']}"
        # Set on some machines for old builds of OpenBLAS; it slows down new ones.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
        return {**inherited, "MODEL": str(model), "WORKERS": str(workers), **own, "PATH": path}


OURS = Server(
    "ours",
    "sentiment-cli, process",
    ("{python}", "-m", "server_image", "serve"),
    own_environment=False,
    environment={
        "MODEL_SERVER_MODEL_DIR": "{model}",
        "MODEL_SERVER_HOST": "127.0.0.1",
        "MODEL_SERVER_WORKERS": "{workers}",
        "SAGEMAKER_BIND_TO_PORT": "{port}",
    },
)
# In the machine's own network, for the usual way to a published port leads through another process.
IMAGE = Server(
    "image",
    "sentiment-cli, its image",
    ("docker", "run", "--rm", "--name", "{container}", "--network", "host", "--read-only", "--cap-drop", "ALL",
     "--user", "65534:65534", "--volume", "{model}:/opt/ml/model:ro", "--env", "MODEL_SERVER_HOST=127.0.0.1", "--env",
     "MODEL_SERVER_WORKERS={workers}", "--env", "SAGEMAKER_BIND_TO_PORT={port}", "{image}", "serve"),
    own_environment=False,
    container=True,
    needs=("docker",),
)  # fmt: skip
HANDMADE = Server(
    "handmade",
    "nginx + gunicorn (gevent) + Flask + pandas",
    ("{python}", "serve.py", "{port}", "{workers}", "{work}"),
    ("flask", "gunicorn", "gevent", "pandas", "scikit-learn"),
    "handmade",
    needs=("nginx",),
)
FASTAPI = Server(
    "fastapi",
    "FastAPI + uvicorn",
    ("{python}", "-m", "uvicorn", "app:app", "--host", "127.0.0.1", "--port", "{port}", "--workers", "{workers}"),
    ("fastapi", "uvicorn", "scikit-learn"),
    "fastapi",
    path="/predict",
    ask=_texts,
    answers=_list,
)
MLFLOW = Server(
    "mlflow",
    "MLflow models serve",
    ("{python}", "-m", "mlflow", "models", "serve", "-m", "{prepared}", "-h", "127.0.0.1", "-p", "{port}", "-w",
     "{workers}", "--env-manager", "local"),
    ("mlflow", "scikit-learn"),
    "mlflow",
    ask=_inputs,
    answers=_probabilities,
)  # fmt: skip
BENTOML = Server(
    "bentoml",
    "BentoML",
    ("{python}", "-m", "bentoml", "serve", "service:Sentiment", "--host", "127.0.0.1", "--port", "{port}"),
    ("bentoml", "scikit-learn"),
    "bentoml",
    environment={"BENTOML_HOME": "{model}/../bentoml", "BENTOML_DO_NOT_TRACK": "True"},
    ping="/readyz",
    path="/predict",
    ask=_texts,
    answers=_list,
)
LITSERVE = Server(
    "litserve",
    "LitServe",
    ("{python}", "server.py", "{port}", "{workers}"),
    ("litserve", "scikit-learn"),
    "litserve",
    ping="/health",
    path="/predict",
    ask=_texts,
)
NAIVE = Server(
    "naive",
    "Falcon + Waitress, first draft",
    ("{python}", "app.py", "{port}", "scikit-learn"),
    ("falcon", "waitress", "scikit-learn"),
    "naive",
    own_environment=False,
    per_core=False,
)
CONSTANT = Server(
    "constant",
    "the first draft, returning a constant",
    ("{python}", "app.py", "{port}", "constant"),
    ("falcon", "waitress"),
    "naive",
    own_environment=False,
    per_core=False,
    limit=True,
)
OWN_CONSTANT = Server(
    "own-constant",
    "sentiment-cli's server, returning a constant",
    ("{python}", "server.py"),
    folder="constant",
    own_environment=False,
    limit=True,
    environment={**OURS.environment, "PYTHONPATH": str(ROOT)},
)
ALL = (OURS, IMAGE, HANDMADE, FASTAPI, MLFLOW, BENTOML, LITSERVE, NAIVE, CONSTANT, OWN_CONSTANT)
BY_NAME = {server.name: server for server in ALL}
