/**
 * The HTTP side: routes, validation, RFC 9457 errors, server-sent events, Prometheus text and the
 * page's files.
 *
 * <p>In: an {@link dev.touchstone.server.view.EngineView} to ask and a {@link
 * dev.touchstone.server.view.RequestSink} to write to. May not touch Kafka. Whatever a client sends
 * is validated at the door and afterwards only ever used as a key into maps.
 */
package dev.touchstone.server.http;
