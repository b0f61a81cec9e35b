/**
 * Tier 2. In: triggers and manifests. Out: one terminal outcome per trigger, exact reports from
 * cached predictions.
 */
package dev.touchstone.jobs.full;
