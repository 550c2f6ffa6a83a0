#!/bin/sh
# The main job from nothing: a project, a model, a live REST API in the sandbox, an answer, and back to nothing. BIN is
# the folder of the environment's programs.
set -eu
PATH="$BIN:$PATH"
say() { printf '\n$ %s\n' "$*"; "$@"; }

sentiment-cli sandbox down -C demo >/dev/null 2>&1 || true # of a demo that was broken off
rm -rf demo
say sentiment-cli init demo --data sample --region us-east-1 --no-input
cd demo
trap 'sentiment-cli serve-local --stop; sentiment-cli sandbox down' EXIT INT TERM
say sentiment-cli train

say sentiment-cli serve-local --detach --port 0
say sentiment-cli invoke --target local --explain \
	"Today was a great day!" \
	"my flight got cancelled and nobody answers the phone :(" \
	"not bad at all, i'd go again" \
	"ugh. so tired of this rain 😒"
say sentiment-cli serve-local --stop

printf '\n$ sentiment-cli deploy --sandbox --yes --json > deployed.json\n'
sentiment-cli deploy --sandbox --yes --json >deployed.json
url=$(python -c 'import json; print(json.load(open("deployed.json"))["api"]["url"])')
key=$(python -c 'import json; print(json.load(open("deployed.json"))["api"]["key"])')
say curl --silent --show-error --fail "$url" -H "x-api-key: $key" -H 'Content-Type: application/json' \
	-d '{"input": [{"text": "Today was a great day!"}, {"text": "never again"}]}'
printf '\n'
say sentiment-cli teardown --sandbox --yes --confirm demo
