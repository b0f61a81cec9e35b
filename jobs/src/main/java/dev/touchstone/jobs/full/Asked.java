package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Trigger;

/**
 * A trigger on its way to the desk.
 *
 * @param withdrawn true: it is taken back, whether the desk has seen it before or not
 */
public record Asked(Trigger trigger, boolean withdrawn) {

  public String checkpointKey() {
    return trigger.checkpointKey();
  }
}
