package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.RunEvent;
import dev.touchstone.metrics.stopping.HealthLimits;
import dev.touchstone.metrics.stopping.LossSeries;
import java.util.Set;
import java.util.TreeSet;

/** Whether what a training job reports of its losses stops its run at once. */
final class LossWatch {

  private static final HealthLimits LIMITS = HealthLimits.defaults();

  private LossWatch() {}

  /**
   * The figure that stops, and why.
   *
   * @param reason with the values
   */
  record Broken(String name, double loss, String reason) {}

  /**
   * Takes the losses of an event into the course of its run; null where nothing is wrong. Only a
   * later step than any before of the same attempt counts, or a later attempt, whose series starts
   * anew: it goes over steps again.
   */
  static Broken hear(RunEvent event, Set<String> names, RunCourse course) {
    Broken broken = null;
    for (String name : new TreeSet<>(names)) {
      Double loss = event.metrics().get(name);
      if (loss == null) {
        continue;
      }
      RunCourse.WatchedLoss before = course.losses.get(name);
      if (before == null || event.attempt() > before.attempt()) {
        before = new RunCourse.WatchedLoss(event.attempt(), -1, LossSeries.START);
      }
      if (event.attempt() < before.attempt() || event.step() <= before.step()) {
        continue;
      }
      LossSeries series = before.series();
      String verdict = series.verdict(LIMITS, loss);
      if (verdict != null && broken == null) {
        broken = new Broken(name, loss, reason(verdict, name, loss, event, series));
      }
      course.losses.put(
          name,
          new RunCourse.WatchedLoss(event.attempt(), event.step(), series.with(LIMITS, loss)));
    }
    return broken;
  }

  private static String reason(
      String verdict, String name, double loss, RunEvent event, LossSeries series) {
    String what = verdict + ": " + name + " is " + loss + " at step " + event.step();
    return verdict.equals("loss_exploded")
        ? what
            + ", the "
            + LIMITS.consecutive()
            + ". in a row that is far above the "
            + series.losses().size()
            + " before"
        : what;
  }
}
