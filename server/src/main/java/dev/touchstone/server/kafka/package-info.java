/**
 * Kafka on both sides: topics into the view, requests out.
 *
 * <p>In: broker address and topics. Out: {@link dev.touchstone.server.view.TopicRecord}s to a
 * consumer, requests to their topic. The only package of the server that touches Kafka.
 */
package dev.touchstone.server.kafka;
