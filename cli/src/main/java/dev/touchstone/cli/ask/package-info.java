/**
 * Commands that ask a running server. In: its address. Out: text, JSON or a page on stdout,
 * progress on stderr. Knows HTTP and JSON, no Kafka and no Flink.
 */
package dev.touchstone.cli.ask;
