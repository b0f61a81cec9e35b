/**
 * The math: numbers in, values with intervals and reasons out. Result records, order-preserving
 * score keys and exact, order-independent sums live here; each task has its own subpackage.
 *
 * <p>Knows no Flink, Kafka, Avro, file or clock. Everything here is a pure function of its input:
 * the same rows give the same bytes in any order and any partition.
 */
package dev.touchstone.metrics;
