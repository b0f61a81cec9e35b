package dev.touchstone.jobs.model;

/**
 * One stratum of a sampling plan.
 *
 * @param rate inclusion probability, (0, 1]
 * @param population examples of this stratum in the whole evaluation set
 */
public record Stratum(String name, double rate, long population) {}
