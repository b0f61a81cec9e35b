package dev.touchstone.server.forward.tensorboard;

/**
 * Tags of curves: {@code evaluation_set/split/metric}, and {@code /slice} where it is of a slice.
 * Slashes within a part are escaped, so that no two curves share a tag. A figure of the training
 * job, which is of no evaluation set, is its metric alone.
 */
final class Tags {

  private Tags() {}

  static String of(String evaluationSet, String split, String metric, String slice) {
    String of =
        evaluationSet.isEmpty() && split.isEmpty()
            ? ""
            : part(evaluationSet) + "/" + part(split) + "/";
    return of + part(metric) + (slice.isEmpty() ? "" : "/" + part(slice));
  }

  private static String part(String text) {
    return text.replace("%", "%25").replace("/", "%2F");
  }
}
