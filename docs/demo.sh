#!/bin/sh
# The main job from nothing: a project, a model, a running server, answers. BIN is the folder of the environment's programs.
set -eu
PATH="$BIN:$PATH"
say() { printf '\n$ %s\n' "$*"; "$@"; }

rm -rf demo
say sentiment-cli init demo --data sample --region us-east-1 --no-input
cd demo
say sentiment-cli train
trap 'sentiment-cli serve-local --stop' EXIT INT TERM
say sentiment-cli serve-local --detach --port 0
say sentiment-cli invoke --explain \
	"Today was a great day!" \
	"my flight got cancelled and nobody answers the phone :(" \
	"not bad at all, i'd go again" \
	"ugh. so tired of this rain 😒"
say sentiment-cli invoke --json "Today was a great day!"
printf '\n'
