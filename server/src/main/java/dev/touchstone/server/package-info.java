/**
 * The server: reads the output topics, keeps a bounded view of them in memory, serves it as an HTTP
 * API, as server-sent events and as the live page, and writes evaluation requests.
 *
 * <p>In: {@link dev.touchstone.server.ServerSettings}. Out: a running {@link
 * dev.touchstone.server.TouchstoneServer}. This package is wiring only; the rooms are {@code kafka}
 * (topics in, requests out), {@code view} (what is known; knows neither Kafka nor HTTP) and {@code
 * http} (routes, errors, events, page). Nothing here may touch Flink.
 */
package dev.touchstone.server;
