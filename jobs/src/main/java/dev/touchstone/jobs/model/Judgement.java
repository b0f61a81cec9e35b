package dev.touchstone.jobs.model;

/**
 * A signal, and what ranks its run among those of a sweep.
 *
 * @param sweep null: the run belongs to none
 * @param on evaluation set, split and fold, whole or sampled, that the value is about
 * @param ranked whether the signal's value may be ranked: it is the metric's, and trusted
 */
public record Judgement(String sweep, String on, boolean ranked, Signal signal) {

  /** Its sweep, or itself alone: names hold no line ends. */
  public String rankedAmong() {
    return sweep == null ? "\n" + signal.claim().runId() : sweep;
  }
}
