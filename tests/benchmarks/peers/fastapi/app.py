"""FastAPI as its documentation writes it: typed bodies in and out, a plain `def` for work that awaits nothing."""

import os
from contextlib import asynccontextmanager

import joblib
from fastapi import FastAPI
from pydantic import BaseModel

MODEL = os.environ["MODEL"]
model = {}


class Texts(BaseModel):
    texts: list[str]


class Answer(BaseModel):
    label: str
    score: float


@asynccontextmanager
async def lifespan(app: FastAPI):
    model["vectorizer"] = joblib.load(f"{MODEL}/vectorizer.joblib")
    model["classifier"] = joblib.load(f"{MODEL}/classifier.joblib")
    yield
    model.clear()


app = FastAPI(lifespan=lifespan)


@app.get("/ping")
async def ping():
    return {}


@app.post("/predict")
def predict(body: Texts) -> list[Answer]:
    rows = model["classifier"].predict_proba(model["vectorizer"].transform(body.texts))
    return [Answer(label=("Negative", "Positive")[row.argmax()], score=row.max()) for row in rows]
