package dev.touchstone.jobs.full;

import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.util.Collector;

/**
 * A step of an evaluation: a split is done or, with {@code planned}, the second pass is known.
 *
 * @param parts splits of the pass
 */
public record Tick(String reportKey, int pass, int parts, boolean planned) {

  /** Findings of the two passes → ticks; what is analysed beside them is not counted. */
  public static final class Counted implements FlatMapFunction<Finding, Tick> {

    private static final long serialVersionUID = 1L;

    @Override
    public void flatMap(Finding finding, Collector<Tick> out) {
      Split split = finding.split();
      if (split.aside() == null) {
        boolean planned = split.part() == Split.ALL;
        int pass = planned || split.range() != null ? 2 : 1;
        out.collect(new Tick(split.reportKey(), pass, split.parts(), planned));
      }
    }
  }
}
