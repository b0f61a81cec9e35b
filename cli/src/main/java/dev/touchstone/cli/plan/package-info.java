/**
 * {@code touchstone plan}: labels and reference scores from tables or from the cache become a
 * sampling plan, a file that any client can apply. Knows no Kafka.
 */
package dev.touchstone.cli.plan;
