package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.MetricPoint;
import dev.touchstone.jobs.model.RunEvent;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.util.Collector;

/** The figures that a training job sends, each as a point of a metric of that name. */
public final class ReportedFigures implements FlatMapFunction<RunEvent, MetricPoint> {

  private static final long serialVersionUID = 1L;

  static final String EVALUATION_SET = "training job";
  static final String SPLIT = "reported";

  @Override
  public void flatMap(RunEvent event, Collector<MetricPoint> out) {
    for (Map.Entry<String, Double> figure : new TreeMap<>(event.metrics()).entrySet()) {
      out.collect(
          MetricPoint.figure(
              event.emittedAtMillis(),
              event.claim(),
              EVALUATION_SET,
              SPLIT,
              figure.getKey(),
              figure.getValue(),
              "reported"));
    }
  }
}
