"""BentoML as its documentation writes it: a service class, a process for each CPU."""

import os

import bentoml
import joblib

MODEL = os.environ["MODEL"]


@bentoml.service(workers=int(os.environ["WORKERS"]))
class Sentiment:
    def __init__(self) -> None:
        self.vectorizer = joblib.load(f"{MODEL}/vectorizer.joblib")
        self.classifier = joblib.load(f"{MODEL}/classifier.joblib")

    @bentoml.api
    def predict(self, texts: list[str]) -> list[dict]:
        rows = self.classifier.predict_proba(self.vectorizer.transform(texts))
        return [{"label": ("Negative", "Positive")[row.argmax()], "score": float(row.max())} for row in rows]
