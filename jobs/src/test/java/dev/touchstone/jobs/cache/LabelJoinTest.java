package dev.touchstone.jobs.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.RowDigest;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelJoinTest {

  @TempDir Path root;

  @ParameterizedTest
  @CsvSource({
    "BINARY,1,U8",
    "MULTICLASS,7,I32",
    "MULTILABEL,3,U8",
    "REGRESSION,1,F32",
    "REGRESSION,1,I32"
  })
  void rowsOfAnyTaskJoinedLaterAreThoseSentWithTheirLabels(
      Task task, int outputs, LabelEncoding encoding) throws Exception {
    StoredSet stored = StoredSet.write(root, "0".repeat(32), task, outputs, encoding);
    LabelTable table = new LabelTable(task, task == Task.MULTILABEL ? outputs : 1);
    // the other way round than the rows
    for (int i = stored.batches().size() - 1; i >= 0; i--) {
      table.add(stored.batches().get(i));
    }
    assertThat(table.size()).isEqualTo(StoredSet.ROWS);
    for (PredictionBatch sent : stored.batches()) {
      PredictionBatch unlabelled = sent.withLabels(LabelEncoding.U8, new byte[0]);
      CacheLayout layout = new CacheLayout(root.toUri().toString());
      SegmentWriter.Finished file = SegmentWriter.write(List.of(unlabelled));
      ImmutableFiles.writeOnce(
          layout.segment("0".repeat(32), file.segment().file()), file.content());
      List<PredictionBatch> cached =
          SegmentRows.read(layout, stored.manifest().status(), file.segment());
      assertThat(cached).allMatch(PredictionBatch::lacksLabels);

      LabelJoin join = LabelJoin.of(cached, table);

      assertThat(join.found()).isEqualTo(sent.count());
      assertThat(join.missing()).isZero();
      assertThat(RowDigest.of(unlabelled) + join.digest()).isEqualTo(RowDigest.of(sent));
      // and the file is that of a set sent with its labels, up to the order of slice dictionaries
      Segment labelled = SegmentWriter.write(List.of(sent)).segment();
      ImmutableFiles.writeOnce(
          layout.segment("0".repeat(32), labelled.file()),
          SegmentWriter.write(List.of(sent)).content());
      List<PredictionBatch> again = SegmentRows.read(layout, stored.manifest().status(), labelled);
      assertThat(SegmentWriter.write(join.rows()).segment())
          .isEqualTo(SegmentWriter.write(again).segment());
    }
  }

  @Test
  void narrowLabelsAreWidenedAndRowsWithoutOneAreCounted() throws Exception {
    StoredSet stored =
        StoredSet.write(root, "0".repeat(32), Task.MULTICLASS, 200, LabelEncoding.I32);
    PredictionBatch rows = stored.batches().get(0);
    byte[] narrow = new byte[rows.count()];
    Arrays.fill(narrow, (byte) 199);
    PredictionBatch some = rows.withLabels(LabelEncoding.U8, narrow).rows(0, 60, List.of());
    LabelTable table = new LabelTable(Task.MULTICLASS, 1);
    table.add(some);

    LabelJoin join = LabelJoin.of(List.of(rows.withLabels(LabelEncoding.U8, new byte[0])), table);

    assertThat(join.found()).isEqualTo(60);
    assertThat(join.missing()).isEqualTo(rows.count() - 60);
    ByteBuffer labels = ByteBuffer.wrap(join.rows().get(0).labels()).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(labels.getInt(0)).isEqualTo(199);
    assertThat(labels.getInt(4 * 59)).isEqualTo(199);

    LabelJoin correction = LabelJoin.of(List.of(rows), table);
    assertThat(correction.missing()).isZero();
    assertThat(RowDigest.of(rows) + correction.digest())
        .isEqualTo(RowDigest.of(correction.rows().get(0)));
  }
}
