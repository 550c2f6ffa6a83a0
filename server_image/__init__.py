"""The inference server: one package that runs as a subprocess, as a container, and on SageMaker.

It imports nothing of `sentiment_cli`, for this folder alone is the Docker build context.
"""
