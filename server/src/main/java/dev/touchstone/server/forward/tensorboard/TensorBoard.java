package dev.touchstone.server.forward.tensorboard;

import com.fasterxml.jackson.databind.JsonNode;
import dev.touchstone.server.forward.Delivered;
import dev.touchstone.server.forward.Destination;
import dev.touchstone.server.forward.HomeAwayException;
import dev.touchstone.server.forward.Kind;
import dev.touchstone.server.forward.Result;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.MetricPoint;
import dev.touchstone.server.view.Outcome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Event files that TensorBoard reads: {@code directory/<run>/proxy} and {@code
 * directory/<run>/full}, so that it draws proxies and full results of a metric in one chart, as two
 * runs.
 *
 * <p>A set that is still arriving has no point: an event file keeps every value that it was ever
 * told. After a restart a value may be there twice, at the same step and with the same time.
 */
public final class TensorBoard implements Destination {

  /** The set is still arriving: its last values come when it is complete. */
  static final String PARTIAL = "partial";

  /** A metric without a value: event files have no null. */
  static final String UNDEFINED = "undefined";

  /** An outcome that brought no report. */
  static final String NO_REPORT = "no_report";

  /** A report without counts at even thresholds. */
  static final String NO_CURVE = "no_curve";

  private static final String FULL = "full";
  private static final String PR_CURVE = "pr_curve";

  private final Path directory;
  private final EventFiles files;

  /**
   * @param directory of all runs, what {@code tensorboard --logdir} is told; made when needed
   */
  public TensorBoard(Path directory, Clock clock) {
    this.directory = directory;
    this.files = new EventFiles(clock);
  }

  @Override
  public String name() {
    return "tensorboard";
  }

  @Override
  public Set<Kind> kinds() {
    return Set.of(Kind.POINTS, Kind.REPORTS);
  }

  @Override
  public Delivered deliver(List<Result> results) throws HomeAwayException {
    var batch = new Batch();
    for (Result result : results) {
      if (result instanceof Result.PointResult point) {
        batch.add(point.point());
      } else if (result instanceof Result.ReportResult report) {
        batch.add(report.outcome(), report.body());
      }
    }
    for (Map.Entry<Path, List<byte[]>> entry : batch.events.entrySet()) {
      try {
        files.append(entry.getKey(), entry.getValue());
      } catch (IOException e) {
        throw new HomeAwayException(
            "event files in " + entry.getKey() + " can't be written: " + e.getMessage(), e);
      }
    }
    return new Delivered(batch.written, batch.refused);
  }

  /** What some results become, by directory. */
  private final class Batch {

    private final Map<Path, List<byte[]>> events = new LinkedHashMap<>();
    private final Map<String, Integer> refused = new LinkedHashMap<>();
    private int written;

    void add(MetricPoint point) {
      if ("PARTIAL".equals(point.state())) {
        refuse(PARTIAL);
      } else if (point.value() == null) {
        refuse(UNDEFINED);
      } else {
        String tag = Tags.of(point.evaluationSet(), point.split(), point.metric(), point.slice());
        // a sample beside the whole set is a line of its own under the same tag
        String of = point.sample().isEmpty() ? "proxy" : "proxy-" + point.sample();
        String tier = FULL.equals(point.tier()) ? FULL : of;
        put(point.runId(), tier, Events.scalar(point.ts(), point.step(), tag, point.value()));
      }
    }

    void add(Outcome outcome, byte[] body) {
      if (body == null) {
        refuse(NO_REPORT);
        return;
      }
      Optional<PrCurve> curve = PrCurve.of(tree(body));
      if (curve.isEmpty()) {
        refuse(NO_CURVE);
        return;
      }
      String tag = Tags.of(outcome.evaluationSet(), outcome.split(), PR_CURVE, "");
      put(
          outcome.runId(),
          FULL,
          Events.prCurve(outcome.finishedAt(), outcome.step(), tag, curve.get()));
    }

    private void put(String runId, String tier, byte[] event) {
      Path of = directory.resolve(RunDirectory.name(runId)).resolve(RunDirectory.name(tier));
      events.computeIfAbsent(of, d -> new ArrayList<>()).add(event);
      written++;
    }

    private void refuse(String reason) {
      refused.merge(reason, 1, Integer::sum);
    }
  }

  private static JsonNode tree(byte[] body) {
    try {
      return Json.MAPPER.readTree(body);
    } catch (IOException e) {
      throw new IllegalArgumentException("the body of a report must be JSON", e);
    }
  }
}
