/**
 * Calls over HTTP to homes of results: with a deadline on the whole of a call and a bound on what
 * is read of an answer, so that a home can neither hold the caller nor fill its memory.
 */
package dev.touchstone.server.forward.calls;
