/**
 * The wire. In: bytes of a Kafka message. Out: one of the generated records in {@code
 * dev.touchstone.schemas.avro}, whatever the framing was. Knows Avro and JSON; knows no Kafka, no
 * Flink, no clock.
 */
package dev.touchstone.schemas;
