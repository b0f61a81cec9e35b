/**
 * What the server knows: a bounded, compacted view of the output topics.
 *
 * <p>In: {@link dev.touchstone.server.view.TopicRecord}s, in any order between topics. Out: answers
 * (records that print as JSON in snake case) and {@link dev.touchstone.server.view.Change}s. May
 * not touch Kafka, HTTP or a clock: time comes in with the records and the questions.
 */
package dev.touchstone.server.view;
