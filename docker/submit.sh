#!/usr/bin/env bash
# Submits the jobs that do not run yet, each from its newest Flink checkpoint if there is one.
# Environment: BOOTSTRAP (Kafka), DATA (a directory that every Flink container sees), FLINK.
set -euo pipefail
: "${BOOTSTRAP:=kafka:9092}" "${DATA:=/data}" "${FLINK:=/opt/flink/bin/flink}"
: "${JAR:=/opt/touchstone/touchstone-jobs.jar}" "${CONF:=/opt/touchstone/conf/touchstone.yaml}"

running=$("$FLINK" list -r)

submit() {
  local name="$1" main="$2" checkpoints="$DATA/flink/checkpoints/$1" newest
  if grep -q ": touchstone $name (RUNNING)" <<<"$running"; then
    echo "touchstone $name runs already"
    return
  fi
  local restore=()
  # a directory a job, in it one a Flink checkpoint; _metadata is written last
  newest=$(find "$checkpoints" -mindepth 3 -maxdepth 3 -name _metadata -printf '%T@ %h\n' \
    2>/dev/null | sort -n | tail -1 | cut -d' ' -f2-) || true
  if [ -n "$newest" ]; then
    echo "touchstone $name goes on from $newest"
    restore=(--fromSavepoint "file://$newest" --claimMode CLAIM)
  fi
  "$FLINK" run --detached --target remote \
    "-Dexecution.checkpointing.dir=file://$checkpoints" \
    "${restore[@]}" --class "$main" "$JAR" \
    --conf "$CONF" --bootstrap "$BOOTSTRAP" --set "cache.directory=file://$DATA/cache"
}

submit predictions dev.touchstone.jobs.PredictionsJob
submit evaluations dev.touchstone.jobs.EvaluationsJob
