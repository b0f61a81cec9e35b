/**
 * What multiclass, multilabel, regression and ranking share: exact moments of any doubles, weights
 * as integers, tables of scores, averages over classes, one ranking per column, the bytes of
 * states, and the form of a report.
 *
 * <p>Like the rest of the math it knows no Flink, Kafka, Avro, file or clock.
 */
package dev.touchstone.metrics.shared;
