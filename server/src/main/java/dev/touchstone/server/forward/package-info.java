/**
 * Results to other homes: metric points, signals, verdicts and reports, as the topics carry them,
 * handed to systems that are not ours.
 *
 * <p>In: {@link dev.touchstone.server.view.TopicRecord}s from a {@link
 * dev.touchstone.server.forward.ResultLog}. Out: what each {@link
 * dev.touchstone.server.forward.Destination} makes of them, and {@link
 * dev.touchstone.server.forward.ForwardStatus}. One thread and one position a destination, so a
 * home that is away holds up nobody else. May not touch Kafka or the HTTP server.
 */
package dev.touchstone.server.forward;
