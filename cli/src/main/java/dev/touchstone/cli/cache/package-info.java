/** {@code ./touchstone cache}: looking after the prediction cache, beside a running engine. */
package dev.touchstone.cli.cache;
