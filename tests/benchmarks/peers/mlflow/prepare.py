"""The model as MLflow saves it: prepare.py FOLDER, with the artifact in MODEL."""

import os
import sys

import joblib
import mlflow
from sklearn.pipeline import make_pipeline

MODEL = os.environ["MODEL"]
pipeline = make_pipeline(joblib.load(f"{MODEL}/vectorizer.joblib"), joblib.load(f"{MODEL}/classifier.joblib"))
mlflow.sklearn.save_model(pipeline, sys.argv[1], pyfunc_predict_fn="predict_proba")
