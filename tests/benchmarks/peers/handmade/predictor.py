"""Flask, pandas and scikit-learn behind gunicorn and nginx: after SageMaker's own example of a container with one's own
scikit-learn model (scikit_bring_your_own)."""

import os

import flask
import joblib
import pandas as pd

MODEL = os.environ["MODEL"]


class ScoringService:
    model = None

    @classmethod
    def get_model(cls):
        """Loaded when it is first asked for, as in the example."""
        if cls.model is None:
            cls.model = joblib.load(f"{MODEL}/vectorizer.joblib"), joblib.load(f"{MODEL}/classifier.joblib")
        return cls.model

    @classmethod
    def predict(cls, frame):
        vectorizer, classifier = cls.get_model()
        features = vectorizer.transform(frame["text"])
        return classifier.predict(features), classifier.predict_proba(features)


app = flask.Flask(__name__)


@app.route("/ping", methods=["GET"])
def ping():
    health = ScoringService.get_model() is not None
    return flask.Response(response="\n", status=200 if health else 404, mimetype="application/json")


@app.route("/invocations", methods=["POST"])
def transformation():
    if flask.request.content_type != "application/json":
        return flask.Response(response="This predictor only supports JSON", status=415, mimetype="text/plain")
    frame = pd.DataFrame(flask.request.get_json()["input"])
    labels, probabilities = ScoringService.predict(frame)
    result = pd.DataFrame({"label": labels, "score": probabilities.max(axis=1)})
    return flask.jsonify({"output": result.to_dict(orient="records")})
