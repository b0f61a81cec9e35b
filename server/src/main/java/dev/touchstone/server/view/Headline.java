package dev.touchstone.server.view;

import java.util.List;

/**
 * The one metric that stands for a run in a list.
 *
 * @param higherIsBetter null where neither way is better
 * @param proxy its last proxy value; null without one
 * @param best its best proxy value
 * @param full its last full value
 * @param bestFull its best full value
 * @param trail the last proxy values by step, at most 40 and to six digits, for a sparkline
 */
public record Headline(
    String metric,
    Boolean higherIsBetter,
    Value proxy,
    Value best,
    Value full,
    Value bestFull,
    List<Double> trail) {}
