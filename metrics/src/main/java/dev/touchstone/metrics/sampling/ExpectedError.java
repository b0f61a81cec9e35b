package dev.touchstone.metrics.sampling;

/**
 * What a plan is worth for one metric, against the value of the whole set.
 *
 * @param metric its name
 * @param planned standard error under the plan
 * @param uniform standard error of an even sample with as many examples
 */
public record ExpectedError(String metric, double planned, double uniform) {}
