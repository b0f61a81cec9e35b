package dev.touchstone.server;

import dev.touchstone.server.view.TopicRecord;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/**
 * Many runs of many metrics, as large as a page must hold. The curves are formulas; each has one
 * spike of one point, which no thinning may lose.
 */
public final class ManyRuns {

  /** The value of the spike, higher than all others. */
  public static final double SPIKE = 1.5;

  private final int runs;
  private final int metrics;
  private final int steps;
  private final long start = System.currentTimeMillis() - 3_600_000;

  public ManyRuns(int runs, int metrics, int steps) {
    this.runs = runs;
    this.metrics = metrics;
    this.steps = steps;
  }

  public static String runId(int run) {
    return String.format(Locale.ROOT, "sweep-%03d", run);
  }

  /** The first is the one that stands for a run, the others are named by number. */
  public String metric(int metric) {
    return metric == 0 && metrics > 2 ? "average_precision" : String.format("metric_%02d", metric);
  }

  /** Feeds all of it; the runs end at different times. */
  public void feed(ServerFixture fixture) {
    for (int run = 0; run < runs; run++) {
      for (int step = 1; step <= steps; step++) {
        for (int metric = 0; metric < metrics; metric++) {
          fixture.feed(point(run, metric, step));
        }
      }
    }
  }

  /** One value. */
  public TopicRecord point(int run, int metric, int step) {
    double skill = 0.35 + 0.6 * ((run * 37) % 100) / 100.0;
    double value =
        step == steps / 2 + run % 7
            ? SPIKE
            : skill * (1 - Math.exp(-4.0 * step / steps))
                + 0.02 * Math.sin(step * 0.7 + run * 1.3 + metric);
    long ts = start + run * 1_000L + step * 2_000L;
    String json =
        "{\"ts\":"
            + ts
            + ",\"run_id\":\""
            + runId(run)
            + "\",\"attempt\":0,\"checkpoint\":\"step-"
            + step * 100
            + "\",\"step\":"
            + step * 100
            + ",\"epoch\":"
            + step / 10.0
            + ",\"tier\":\"proxy\",\"evaluation_set\":\"validation\",\"split\":\"validation\","
            + "\"slice\":\"\",\"metric\":\""
            + metric(metric)
            + "\",\"value\":"
            + value
            + ",\"ci_low\":"
            + (value - 0.03)
            + ",\"ci_high\":"
            + (value + 0.03)
            + ",\"ci_method\":\"binned_bounds\",\"level\":0.95,\"n\":100000,\"n_pos\":500,"
            + "\"state\":\"COMPLETE\",\"trust\":\"TRUSTED\",\"reason\":null,\"revision\":1}";
    return new TopicRecord(
        ServerFixture.TOPICS.metrics(),
        runId(run),
        json.getBytes(StandardCharsets.UTF_8),
        Map.of(),
        ts);
  }
}
