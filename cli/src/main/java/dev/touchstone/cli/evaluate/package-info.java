/**
 * {@code touchstone evaluate}: the full tier's math on a file. Predictions come in as CSV, Parquet
 * or .npy; a report goes out as JSON, as a table for the terminal or as a page.
 *
 * <p>Readers turn bytes into {@link dev.touchstone.cli.evaluate.Predictions} and refuse what breaks
 * a rule ({@link dev.touchstone.cli.evaluate.BadInputException} names file, row, rule and value).
 * Knows no Flink and no Kafka, and touches no cache.
 */
package dev.touchstone.cli.evaluate;
