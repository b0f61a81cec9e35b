package dev.touchstone.jobs.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.jobs.model.BatchDigest;
import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.LabelEncoding;
import dev.touchstone.jobs.model.PredictionBatch;
import dev.touchstone.jobs.model.Segment;
import dev.touchstone.jobs.model.SetIdentity;
import dev.touchstone.jobs.model.SliceColumn;
import dev.touchstone.jobs.model.Task;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SegmentRoundTripTest {

  private static final String KEY = "0123456789abcdef0123456789abcdef";

  @TempDir Path root;

  @ParameterizedTest
  @ValueSource(ints = {1, 7, 8, 9, 65_535, 65_536, 65_537, 200_001})
  void everyRowComesBackInOrder(int rows) throws Exception {
    List<PredictionBatch> batches = batches(rows, 30_011, true);
    Segment segment = store(batches);
    List<List<Object>> back = new ArrayList<>();
    new SegmentReader(root.toUri().toString())
        .read(
            KEY,
            segment,
            new SegmentReader.Also(true, List.of("country")),
            page -> {
              ByteBuffer s = little(page.scores().get(0));
              ByteBuffer w = little(page.weights());
              ByteBuffer labels = page.labels().get(0).duplicate();
              RowPage.Slice country = page.slices().get(0);
              for (int i = 0; i < page.count(); i++) {
                String value = country.dictionary().get(country.codes()[i]);
                back.add(List.of(page.ids()[i], s.getFloat(), labels.get(), w.getFloat(), value));
              }
            });
    int at = 0;
    for (PredictionBatch batch : batches) {
      ByteBuffer s = little(ByteBuffer.wrap(batch.scores()));
      ByteBuffer w = little(ByteBuffer.wrap(batch.weights()));
      SliceColumn country = batch.slices().get(0);
      for (int i = 0; i < batch.count(); i++, at++) {
        String value = country.dictionary().get(country.codes()[i]);
        assertThat(back.get(at))
            .as("row %d", at)
            .containsExactly((long) at, s.getFloat(), batch.labels()[i], w.getFloat(), value);
      }
    }
    assertThat(back).hasSize(rows);
  }

  private static ByteBuffer little(ByteBuffer column) {
    return column.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void aColumnThatIsNotThereIsNamed() throws Exception {
    Segment segment = store(batches(10, 10, false));
    assertThatThrownBy(
            () ->
                new SegmentReader(root.toUri().toString())
                    .read(KEY, segment, new SegmentReader.Also(false, List.of("city")), page -> {}))
        .isInstanceOf(CorruptSegmentException.class)
        .hasMessageEndingWith("there is no column city");
  }

  @Test
  void theSameRowsMakeTheSameFile() throws Exception {
    assertThat(SegmentWriter.write(batches(1_000, 100, false)).segment())
        .isEqualTo(SegmentWriter.write(batches(1_000, 100, false)).segment());
  }

  @Test
  void aContiguousRangeOfIdsCostsNextToNothing() throws Exception {
    SegmentWriter.Finished finished = SegmentWriter.write(batches(100_000, 10_000, false));
    // 4 bytes of score, one bit of label, and the slice's run lengths
    assertThat(finished.content().length).isLessThan(100_000 * 5);
  }

  @Test
  void aMissingACutAndAChangedFileAreNamed() throws Exception {
    Segment segment = store(batches(1_000, 100, false));
    Path file = root.resolve(KEY).resolve(segment.file());
    byte[] good = Files.readAllBytes(file);
    String prefix = "cached segment " + KEY + "/" + segment.file() + ": ";

    Files.write(file, java.util.Arrays.copyOf(good, 100));
    assertRefused(segment, prefix + "length must be " + good.length + " bytes, got 100");
    byte[] changed = good.clone();
    changed[50] ^= 1;
    Files.write(file, changed);
    assertRefused(
        segment,
        prefix
            + "the content is not what the name says, see a page of column example_id at offset 4");
    Files.delete(file);
    assertRefused(segment, prefix + "the file is missing");
  }

  @Test
  void namesThatAreNoDigestsNeverReachTheFileSystem() {
    SegmentReader reader = new SegmentReader(root.toUri().toString());
    assertThatThrownBy(
            () ->
                reader.read(
                    "../../etc",
                    new Segment(KEY + ".parquet", 1, 1),
                    SegmentReader.Also.NOTHING,
                    page -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("set key must be 32 hex digits, got \"../../etc\"");
    assertThatThrownBy(
            () ->
                reader.read(
                    KEY, new Segment("../passwd", 1, 1), SegmentReader.Also.NOTHING, page -> {}))
        .hasMessage("segment must be 32 hex digits and .parquet, got \"../passwd\"");
  }

  @Test
  void aSliceNamedLikeAColumnGetsAPrefix() {
    assertThat(SegmentWriter.sliceName("country")).isEqualTo("country");
    assertThat(SegmentWriter.sliceName("Label")).isEqualTo("slice_Label");
    assertThat(SegmentWriter.sliceName("score_3")).isEqualTo("slice_score_3");
    assertThat(SegmentWriter.sliceName("slice_label")).isEqualTo("slice_slice_label");
  }

  private void assertRefused(Segment segment, String message) {
    assertThatThrownBy(
            () ->
                new SegmentReader(root.toUri().toString())
                    .read(KEY, segment, SegmentReader.Also.NOTHING, page -> {}))
        .isInstanceOf(CorruptSegmentException.class)
        .hasMessage(message);
  }

  private Segment store(List<PredictionBatch> batches) throws Exception {
    SegmentWriter.Finished finished = SegmentWriter.write(batches);
    ImmutableFiles.writeOnce(
        new CacheLayout(root.toUri().toString()).segment(KEY, finished.segment().file()),
        finished.content());
    return finished.segment();
  }

  static List<PredictionBatch> batches(int rows, int size, boolean weighted) {
    SplittableRandom random = new SplittableRandom(rows);
    List<PredictionBatch> batches = new ArrayList<>();
    for (int from = 0; from < rows; from += size) {
      int count = Math.min(size, rows - from);
      ByteBuffer scores = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
      ByteBuffer weights = ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
      byte[] labels = new byte[count];
      byte[] codes = new byte[count];
      for (int i = 0; i < count; i++) {
        scores.putFloat((float) random.nextDouble());
        weights.putFloat((float) random.nextInt(4));
        labels[i] = (byte) random.nextInt(2);
        codes[i] = (byte) random.nextInt(2);
      }
      // dictionaries differ from batch to batch, as they may
      List<String> dictionary = from % 2 == 0 ? List.of("DE", "BR") : List.of("BR", "DE");
      batches.add(
          new PredictionBatch(
              new SetIdentity(
                  KEY, null, null, null, "val", "validation", null, false, Task.BINARY, 1),
              new Claim("r", 0, "c", 1, null),
              null,
              null,
              0,
              1,
              from / size,
              false,
              count,
              from,
              null,
              LabelEncoding.U8,
              labels,
              scores.array(),
              weighted ? weights.array() : null,
              null,
              List.of(new SliceColumn("country", dictionary, codes)),
              new BatchDigest(1, 2),
              null));
    }
    return batches;
  }
}
