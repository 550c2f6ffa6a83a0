"""Falcon on Waitress as a first draft would write it: one process, every default. app.py PORT scikit-learn|constant"""

import os
import sys

import falcon
import waitress

MODEL = os.environ["MODEL"]


class Ping:
    def on_get(self, request, response):
        response.status = falcon.HTTP_200


class Invocations:
    def __init__(self):
        import joblib

        self.vectorizer = joblib.load(f"{MODEL}/vectorizer.joblib")
        self.classifier = joblib.load(f"{MODEL}/classifier.joblib")

    def on_post(self, request, response):
        texts = [row["text"] for row in request.media["input"]]
        rows = self.classifier.predict_proba(self.vectorizer.transform(texts))
        response.media = {
            "output": [{"label": ("Negative", "Positive")[row.argmax()], "score": float(row.max())} for row in rows]
        }


class Constant:
    """No request can cost this set-up less: the body is not even looked at."""

    def on_post(self, request, response):
        response.data = b'{"output": [{"label": "Positive", "score": 0.75}]}'
        response.content_type = falcon.MEDIA_JSON


if __name__ == "__main__":
    app = falcon.App()
    app.add_route("/ping", Ping())
    app.add_route("/invocations", Constant() if sys.argv[2] == "constant" else Invocations())
    waitress.serve(app, host="127.0.0.1", port=int(sys.argv[1]))
