/** What several tests need. */
package dev.touchstone.jobs.testing;
