package dev.touchstone.jobs.model;

import java.util.List;

/** Which examples the predictions are about, when not all: strata are disjoint. */
public record SamplingPlan(long seed, List<Stratum> strata) {}
