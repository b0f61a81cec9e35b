/** Touchstone server. */
package dev.touchstone.server;
