"""LitServe as its documentation writes it: server.py PORT WORKERS."""

import os
import sys

import joblib
import litserve as ls

MODEL = os.environ["MODEL"]


class Sentiment(ls.LitAPI):
    def setup(self, device):
        self.vectorizer = joblib.load(f"{MODEL}/vectorizer.joblib")
        self.classifier = joblib.load(f"{MODEL}/classifier.joblib")

    def decode_request(self, request):
        return request["texts"]

    def predict(self, texts):
        return self.classifier.predict_proba(self.vectorizer.transform(texts))

    def encode_response(self, rows):
        return {
            "output": [{"label": ("Negative", "Positive")[row.argmax()], "score": float(row.max())} for row in rows]
        }


if __name__ == "__main__":
    server = ls.LitServer(Sentiment(), accelerator="cpu", workers_per_device=int(sys.argv[2]))
    server.run(host="127.0.0.1", port=int(sys.argv[1]), generate_client_file=False)
