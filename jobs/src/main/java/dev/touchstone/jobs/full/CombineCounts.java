package dev.touchstone.jobs.full;

import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.jobs.settings.EngineSettings.FullSettings;
import dev.touchstone.metrics.binary.CoarseCounts;
import dev.touchstone.metrics.binary.RangeTask;
import dev.touchstone.metrics.binary.ResolvePlan;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;
import org.apache.flink.util.OutputTag;

/**
 * Adds up the counts of the first pass, in any order; with the last one, plans the second pass: one
 * split a score range, each over all segments. Only the binary task has one. What was analysed
 * beside the passes goes by. Keyed by round.
 */
public final class CombineCounts extends KeyedProcessFunction<Long, Finding, Split> {

  private static final long serialVersionUID = 1L;

  /** Below this, another range costs more than it saves. */
  private static final long MIN_ROWS_PER_RANGE = 1 << 20;

  private final FullSettings settings;
  private final OutputTag<Finding> totals;
  private transient ValueState<Sum> sum;

  /** The counts so far. */
  public record Sum(int received, List<Piece> pieces, byte[] counts, String error, long nanos) {}

  public CombineCounts(FullSettings settings, OutputTag<Finding> totals) {
    this.settings = settings;
    this.totals = totals;
  }

  @Override
  public void open(OpenContext context) {
    sum = getRuntimeContext().getState(new ValueStateDescriptor<>("sum", Types.POJO(Sum.class)));
  }

  @Override
  public void processElement(Finding counts, Context context, Collector<Split> out)
      throws Exception {
    if (counts.split().aside() != null) {
      context.output(totals, counts);
      return;
    }
    Sum now = add(sum.value(), counts);
    if (now.received() < counts.split().parts()) {
      sum.update(now);
      return;
    }
    sum.clear();
    Split first = counts.split();
    List<RangeTask> ranges =
        now.error() == null && first.set().task() == Task.BINARY
            ? plan(now, first.question())
            : List.of();
    Split all =
        new Split(
            first.reportKey(),
            first.round(),
            first.set(),
            Split.ALL,
            ranges.size(),
            List.of(),
            first.question(),
            null,
            null);
    context.output(totals, new Finding(all, now.counts(), now.error(), now.nanos()));
    for (int part = 0; part < ranges.size(); part++) {
      out.collect(
          new Split(
              first.reportKey(),
              first.round(),
              first.set(),
              part,
              ranges.size(),
              now.pieces(),
              first.question(),
              ranges.get(part).toBytes(),
              null));
    }
  }

  private static Sum add(Sum sum, Finding counts) {
    if (sum == null) {
      return new Sum(1, counts.split().pieces(), counts.payload(), counts.error(), counts.nanos());
    }
    String error = Finding.firstError(sum.error(), counts.error());
    byte[] combined = null;
    if (error == null) {
      TaskPass pass = TaskPass.of(counts.split().set(), counts.split().question());
      pass.combine(sum.counts());
      pass.combine(counts.payload());
      combined = pass.toBytes();
    }
    List<Piece> pieces = new ArrayList<>(sum.pieces());
    pieces.addAll(counts.split().pieces());
    return new Sum(sum.received() + 1, pieces, combined, error, sum.nanos() + counts.nanos());
  }

  private List<RangeTask> plan(Sum all, Question question) {
    CoarseCounts counts = CoarseCounts.fromBytes(all.counts());
    int slots = getRuntimeContext().getTaskInfo().getNumberOfParallelSubtasks();
    long evenShare = Math.max(MIN_ROWS_PER_RANGE, counts.n() / slots + 1);
    return ResolvePlan.of(
            counts, FullOptions.of(question), Math.min(settings.rowsPerRange(), evenShare))
        .ranges();
  }
}
