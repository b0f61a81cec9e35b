/**
 * Results as samples of Prometheus' remote write 1.0.
 *
 * <p>In: {@link dev.touchstone.server.forward.Result}s. Out: compressed {@code WriteRequest}s over
 * HTTP. What a receiver's answer means is said in one place, {@link
 * dev.touchstone.server.forward.remotewrite.Answer}.
 */
package dev.touchstone.server.forward.remotewrite;
