/**
 * The engine in one process: a real Kafka broker, a Flink mini cluster with the jobs, the server;
 * all data under one directory. In: a directory and ports. Out: a running {@link Engine}.
 */
package dev.touchstone.cli.runtime;
