#!/bin/sh
# Creates the topics that are missing. Environment: BOOTSTRAP, PREFIX, PARTITIONS,
# REPLICATION, KAFKA_BIN.
set -eu
: "${BOOTSTRAP:=kafka:9092}" "${PREFIX:=touchstone.}" "${PARTITIONS:=2}" "${REPLICATION:=1}"
: "${KAFKA_BIN:=/opt/kafka/bin}"

create() {
  topic="$1"
  shift
  "$KAFKA_BIN/kafka-topics.sh" --bootstrap-server "$BOOTSTRAP" --create --if-not-exists \
    --topic "$PREFIX$topic" --partitions "$PARTITIONS" --replication-factor "$REPLICATION" \
    --config max.message.bytes=8388608 "$@"
}

create predictions
create checkpoints
create evaluation-requests
create serving-predictions
create timings
create run-events
create prediction-sets --config cleanup.policy=compact
create metrics
create reports --config cleanup.policy=compact
create progress --config cleanup.policy=compact,delete --config retention.ms=3600000 \
  --config segment.ms=600000
create signals --config cleanup.policy=compact
create verdicts --config cleanup.policy=compact
create dead-letters
