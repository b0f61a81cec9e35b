/** Touchstone cli. */
package dev.touchstone.cli;
