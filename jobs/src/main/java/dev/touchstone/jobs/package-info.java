/** Touchstone jobs. */
package dev.touchstone.jobs;
