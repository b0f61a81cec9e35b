package dev.touchstone.server.view;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;

/** Points that say something of a run or of its proxies, and nothing of how good a model is. */
public final class RunFigures {

  static final String FULL_EVALUATIONS_AVOIDED = "full_evaluations_avoided";
  static final String INFERENCE_AVOIDED = "inference_avoided";

  private static final Set<String> OF_A_RUN =
      Set.of("full_evaluations_asked", FULL_EVALUATIONS_AVOIDED, INFERENCE_AVOIDED);
  private static final Pattern OF_A_PROXY =
      Pattern.compile(".+\\.(sampled_)?proxy_(bias|absolute_error|coverage|kendall_tau)");

  private RunFigures() {}

  /** Whether a metric of that name is one. */
  public static boolean has(String metric) {
    // most names have no dot, and a list of runs asks thousands
    return OF_A_RUN.contains(metric)
        || metric.indexOf('.') >= 0 && OF_A_PROXY.matcher(metric).matches();
  }

  /** The last count under that name, over all evaluation sets; null where none was told. */
  static Long count(RunState run, String name) {
    List<Point> last =
        run.series.entrySet().stream()
            .filter(entry -> entry.getKey().metric().equals(name) && entry.getKey().isOverall())
            .sorted(Comparator.comparing(entry -> entry.getKey()))
            .map(entry -> entry.getValue().last())
            .filter(Objects::nonNull)
            .filter(point -> point.value() != null)
            .toList();
    return last.isEmpty() ? null : (Long) Math.round(last.stream().mapToDouble(Point::value).sum());
  }
}
