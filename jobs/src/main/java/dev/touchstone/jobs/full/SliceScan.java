package dev.touchstone.jobs.full;

import dev.touchstone.jobs.cache.RowPage;
import dev.touchstone.jobs.cache.SegmentReader;
import dev.touchstone.jobs.model.Question;
import dev.touchstone.jobs.model.Task;
import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.binary.BinaryOptions;
import dev.touchstone.metrics.binary.BinaryReport;
import dev.touchstone.metrics.binary.CoarseCounts;
import dev.touchstone.metrics.binary.RangeResult;
import dev.touchstone.metrics.binary.RangeScan;
import dev.touchstone.metrics.binary.RangeTask;
import dev.touchstone.metrics.binary.ResolvePlan;
import dev.touchstone.metrics.compare.IndependentDifference;
import dev.touchstone.metrics.shared.TaskReport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Evaluates groups of a grouping exactly, each against the rest of the rows: one pass to see which
 * groups there are, then for some groups at a time the same two passes as over all rows.
 *
 * <p>Memory is that of {@value #GROUPS_AT_ONCE} groups and their rests, whatever the number of
 * groups and rows. Not thread-safe.
 */
final class SliceScan {

  /** Groups per pass; each takes two counts of at most 8 MiB. */
  static final int GROUPS_AT_ONCE = 4;

  private final Split split;
  private final Question.Slices slices;
  private final PieceReader reader;
  private final SegmentReader.Also columns;
  private final BinaryOptions options;
  private final int rowsPerRange;
  private final SliceTally tally;
  private final boolean binary;

  /**
   * @param rowsPerRange rows that are resolved at once
   */
  SliceScan(Split split, PieceReader reader, int rowsPerRange) {
    this.split = split;
    this.slices = split.question().slices();
    this.reader = reader;
    this.rowsPerRange = rowsPerRange;
    String grouping = split.aside().grouping();
    columns = new SegmentReader.Also(false, Question.Slices.columns(grouping));
    binary = split.set().task() == Task.BINARY;
    tally = new SliceTally(grouping, binary);
    // a slice has no sweep
    options = FullOptions.of(split.question()).withThresholds(2);
  }

  /** The groups of this share and how many there are in all, for {@link SliceSection}. */
  Map<String, Object> result() throws IOException {
    read(tally::accept);
    List<SliceTally.Group> all = tally.largestFirst();
    List<SliceTally.Group> reported = all.subList(0, Math.min(all.size(), slices.most()));
    List<Object> mine = new ArrayList<>();
    List<SliceTally.Group> chunk = new ArrayList<>();
    int atOnce = binary ? GROUPS_AT_ONCE : TaskSlices.groupsAtOnce(split.set());
    for (int i = split.aside().share(); i < reported.size(); i += split.aside().shares()) {
      SliceTally.Group group = reported.get(i);
      if ((binary ? group.positives() : group.rows()) < slices.minPositives()) {
        mine.add(tooSmall(i, reported.get(i)));
        continue;
      }
      chunk.add(reported.get(i));
      if (chunk.size() == atOnce) {
        evaluate(reported, chunk, mine);
        chunk.clear();
      }
    }
    if (!chunk.isEmpty()) {
      evaluate(reported, chunk, mine);
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("grouping", split.aside().grouping());
    result.put("groups", all.size());
    result.put("left_out", all.size() - reported.size());
    result.put("slices", mine);
    return result;
  }

  private void read(SegmentReader.Pages pages) throws IOException {
    reader.read(split.pieces(), columns, pages);
  }

  private Map<String, Object> head(int rank, SliceTally.Group group) {
    Map<String, Object> head = new LinkedHashMap<>();
    head.put("rank", rank);
    head.put("slice", group.name());
    head.put("n", group.rows());
    if (binary) {
      head.put("n_pos", group.positives());
    }
    return head;
  }

  private Map<String, Object> tooSmall(int rank, SliceTally.Group group) {
    Map<String, Object> fields = head(rank, group);
    fields.put("reason", binary ? "too_few_positives" : "too_few_rows");
    fields.put("metrics", Map.of());
    fields.put("differences", Map.of());
    return fields;
  }

  private void evaluate(
      List<SliceTally.Group> reported, List<SliceTally.Group> chunk, List<Object> into)
      throws IOException {
    if (!binary) {
      evaluateTask(reported, chunk, into);
      return;
    }
    // at 2 i group i, at 2 i + 1 the rest of it
    List<CoarseCounts> counts = new ArrayList<>();
    chunk.forEach(
        group -> {
          counts.add(CoarseCounts.of(options));
          counts.add(CoarseCounts.of(options));
        });
    Sieve sieve = new Sieve();
    read(
        page -> {
          int[] groups = tally.groups(page);
          for (int i = 0; i < chunk.size(); i++) {
            sieve.part(page, groups, chunk.get(i).id());
            sieve.feed(0, counts.get(2 * i)::accept);
            sieve.feed(1, counts.get(2 * i + 1)::accept);
          }
        });
    List<List<RangeResult>> results = resolve(chunk, counts, sieve);
    for (int i = 0; i < chunk.size(); i++) {
      into.add(
          fields(
              reported.indexOf(chunk.get(i)),
              chunk.get(i),
              BinaryReport.assemble(counts.get(2 * i), results.get(2 * i), options).metrics(),
              BinaryReport.assemble(counts.get(2 * i + 1), results.get(2 * i + 1), options)
                  ::metric));
    }
  }

  private void evaluateTask(
      List<SliceTally.Group> reported, List<SliceTally.Group> chunk, List<Object> into)
      throws IOException {
    TaskSlices passes = new TaskSlices(split.set(), split.question(), chunk);
    read(page -> passes.accept(page, tally.groups(page)));
    for (int i = 0; i < chunk.size(); i++) {
      TaskReport rest = passes.rest(i);
      into.add(
          fields(
              reported.indexOf(chunk.get(i)),
              chunk.get(i),
              passes.group(i).metrics(),
              rest::metric));
    }
  }

  /** A range of one of the counts. */
  private record Part(int of, RangeTask range) {}

  private List<List<RangeResult>> resolve(
      List<SliceTally.Group> chunk, List<CoarseCounts> counts, Sieve sieve) throws IOException {
    List<Part> parts = new ArrayList<>();
    List<List<RangeResult>> results = new ArrayList<>();
    for (int of = 0; of < counts.size(); of++) {
      results.add(new ArrayList<>());
      for (RangeTask range : ResolvePlan.of(counts.get(of), options, rowsPerRange).ranges()) {
        parts.add(new Part(of, range));
      }
    }
    List<Part> some = new ArrayList<>();
    long rows = 0;
    for (Part part : parts) {
      if (!some.isEmpty()
          && (rows + part.range().rows() > rowsPerRange || some.size() == 2 * GROUPS_AT_ONCE)) {
        resolve(chunk, some, sieve, results);
        some.clear();
        rows = 0;
      }
      some.add(part);
      rows += part.range().rows();
    }
    if (!some.isEmpty()) {
      resolve(chunk, some, sieve, results);
    }
    return results;
  }

  private void resolve(
      List<SliceTally.Group> chunk, List<Part> parts, Sieve sieve, List<List<RangeResult>> results)
      throws IOException {
    List<RangeScan> scans = parts.stream().map(part -> RangeScan.of(part.range())).toList();
    read(
        page -> {
          int[] groups = tally.groups(page);
          int parted = -1;
          for (int i = 0; i < parts.size(); i++) {
            int of = parts.get(i).of();
            if (parted != of / 2) {
              parted = of / 2;
              sieve.part(page, groups, chunk.get(parted).id());
            }
            sieve.feed(of % 2, scans.get(i)::accept);
          }
        });
    for (int i = 0; i < parts.size(); i++) {
      results.get(parts.get(i).of()).add(scans.get(i).result());
    }
  }

  private Map<String, Object> fields(
      int rank, SliceTally.Group group, List<MetricValue> all, Function<String, MetricValue> rest) {
    Map<String, Object> metrics = new LinkedHashMap<>();
    Map<String, Object> differences = new LinkedHashMap<>();
    for (MetricValue metric : all) {
      if (!SliceSection.isWanted(split.set().task(), split.question(), metric.name())) {
        continue;
      }
      metrics.put(metric.name(), SectionJson.metric(metric));
      // a binary metric without an interval has no test, and no entry either
      if (!binary || metric.interval() != null) {
        var difference = IndependentDifference.of(metric, rest.apply(metric.name()));
        Map<String, Object> fields = SectionJson.metric(difference.value());
        fields.put(
            "p_value", difference.pValue().isPresent() ? difference.pValue().getAsDouble() : null);
        differences.put(metric.name(), fields);
      }
    }
    Map<String, Object> fields = head(rank, group);
    fields.put("reason", null);
    fields.put("metrics", metrics);
    fields.put("differences", differences);
    return fields;
  }

  /** Takes binary rows. */
  private interface Rows {
    void accept(ByteBuffer scores, ByteBuffer labels, ByteBuffer weights);
  }

  /** Parts the rows of a page into a group, at 0, and the rest, at 1. */
  private static final class Sieve {

    private final int[] sizes = new int[2];
    private final ByteBuffer[] scores = new ByteBuffer[2];
    private final ByteBuffer[] labels = new ByteBuffer[2];
    private final ByteBuffer[] weights = new ByteBuffer[2];
    private int room = -1;
    private boolean weighted;

    void part(RowPage page, int[] groups, int group) {
      int count = page.count();
      makeRoom(count);
      Arrays.fill(sizes, 0);
      weighted = page.weights() != null;
      // duplicates have the order of the buffers here: words are copied as they are
      ByteBuffer label = page.labels().get(0).duplicate();
      ByteBuffer score = page.scores().get(0).duplicate();
      ByteBuffer weight = weighted ? page.weights().duplicate() : null;
      int labelAt = label.position();
      int scoreAt = score.position();
      int weightAt = weighted ? weight.position() : 0;
      for (int row = 0; row < count; row++) {
        int side = groups[row] == group ? 0 : 1;
        int to = sizes[side]++;
        labels[side].put(to, label.get(labelAt + row));
        scores[side].putInt(4 * to, score.getInt(scoreAt + 4 * row));
        if (weighted) {
          weights[side].putInt(4 * to, weight.getInt(weightAt + 4 * row));
        }
      }
    }

    private void makeRoom(int count) {
      if (room < count) {
        room = count;
        for (int side = 0; side < 2; side++) {
          scores[side] = ByteBuffer.allocate(4 * count);
          labels[side] = ByteBuffer.allocate(count);
          weights[side] = ByteBuffer.allocate(4 * count);
        }
      }
    }

    void feed(int side, Rows rows) {
      int size = sizes[side];
      rows.accept(
          scores[side].slice(0, 4 * size),
          labels[side].slice(0, size),
          weighted ? weights[side].slice(0, 4 * size) : null);
    }
  }
}
