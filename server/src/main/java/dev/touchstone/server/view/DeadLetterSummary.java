package dev.touchstone.server.view;

import java.util.List;
import java.util.Map;

/**
 * How many messages were refused, and why.
 *
 * @param byTopic counts by the topic they came from
 * @param rules counts by the rule they broke, most broken first
 * @param last the newest ones, newest first
 */
public record DeadLetterSummary(
    long total, Map<String, Long> byTopic, List<Count> rules, List<DeadLetter> last) {

  /** How often one rule was broken. */
  public record Count(String rule, long count) {}
}
