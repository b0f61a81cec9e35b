package dev.touchstone.server.forward.tensorboard;

import static dev.touchstone.server.forward.SampleResults.point;
import static dev.touchstone.server.forward.SampleResults.report;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.server.forward.Delivered;
import dev.touchstone.server.forward.HomeAwayException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The files as TensorBoard itself reads them are tests/test_homes.py's. */
class TensorBoardTest {

  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochMilli(1_700_000_123_456L), ZoneOffset.UTC);

  @TempDir Path directory;

  @Test
  void proxiesAndFullResultsOfARunAreTwoDirectoriesWithTheSameTags() throws Exception {
    var board = new TensorBoard(directory, CLOCK);

    Delivered delivered = board.deliver(List.of(point(), point("tier", "full", "value", 0.5)));

    assertThat(delivered).isEqualTo(Delivered.all(2));
    for (String tier : List.of("proxy", "full")) {
      List<byte[]> records = records(onlyFile(directory.resolve("fraud-7").resolve(tier)));
      assertThat(text(records.get(0))).contains("brain.Event:2");
      assertThat(text(records.get(1))).contains("val/validation/average_precision");
      assertThat(records).hasSize(2);
    }
  }

  @Test
  void aValueKeepsAllOfItsBits() throws Exception {
    double value = Math.nextUp(0.1);

    new TensorBoard(directory, CLOCK).deliver(List.of(point("value", value)));

    byte[] event = records(onlyFile(directory.resolve("fraud-7/proxy"))).get(1);
    assertThat(indexOf(event, Protobuf.littleEndian(value))).isPositive();
    assertThat(indexOf(event, Protobuf.littleEndian((float) value))).isPositive();
    // wall time is the first field, its tag one byte
    assertThat(ByteBuffer.wrap(event).order(ByteOrder.LITTLE_ENDIAN).getDouble(1))
        .isEqualTo(1_700_000_000.123);
  }

  @Test
  void partialAndUndefinedPointsAndOutcomesWithoutACurveAreCounted() throws Exception {
    Delivered delivered =
        new TensorBoard(directory, CLOCK)
            .deliver(
                List.of(
                    point("state", "PARTIAL"),
                    point("value", null),
                    report(null),
                    report("{\"schema\":\"touchstone.report/1\",\"metrics\":{}}"),
                    point()));

    assertThat(delivered)
        .isEqualTo(
            new Delivered(1, Map.of("partial", 1, "undefined", 1, "no_report", 1, "no_curve", 1)));
  }

  @Test
  void noRunIdAndNoSampleLeavesItsDirectory() throws Exception {
    var ids =
        List.of(
            "../x",
            "..",
            ".",
            "/etc",
            "a/b",
            "a\\b",
            "a:b",
            "",
            " ",
            "x\0y",
            "Ä",
            "A",
            "a",
            "x".repeat(5000));
    var board = new TensorBoard(directory.resolve("in"), CLOCK);
    for (String id : ids) {
      if (!id.isEmpty()) {
        board.deliver(List.of(point("run_id", id), point("sample", id)));
      }
    }

    try (Stream<Path> outside = Files.list(directory)) {
      assertThat(outside).containsExactly(directory.resolve("in"));
    }
    try (Stream<Path> runs = Files.list(directory.resolve("in"))) {
      assertThat(runs).hasSize(ids.size()); // one more is of all the samples
    }
    try (Stream<Path> samples = Files.list(directory.resolve("in/fraud-7"))) {
      assertThat(samples)
          .hasSize(ids.size() - 1)
          .allMatch(sample -> sample.getFileName().toString().startsWith("proxy-"));
    }
  }

  @Test
  void noTwoRunsShareADirectoryNotEvenWhereCaseIsIgnored() {
    var ids = List.of("a", "A", "a~", "a b", "a-b", "a/b", "a.", "a..", "A~559aead08264d579");
    assertThat(ids.stream().map(RunDirectory::name).map(String::toLowerCase))
        .doesNotHaveDuplicates();
    assertThat(RunDirectory.name("fraud-7_b.2")).isEqualTo("fraud-7_b.2");
    assertThat(RunDirectory.name("Fraud 7")).matches("Fraud-7~[0-9a-f]{16}");
  }

  @Test
  void noTwoCurvesShareATag() {
    assertThat(Tags.of("val", "validation", "f1", "country=DE"))
        .isEqualTo("val/validation/f1/country=DE");
    assertThat(Tags.of("", "", "training_loss", "")).isEqualTo("training_loss");
    assertThat(
            Stream.of(
                Tags.of("a/b", "c", "m", ""),
                Tags.of("a", "b/c", "m", ""),
                Tags.of("a", "b", "c", "m"),
                Tags.of("a%2Fb", "c", "m", ""),
                Tags.of("", "a", "b", ""),
                Tags.of("", "", "a", "b")))
        .doesNotHaveDuplicates();
  }

  @Test
  void anotherProcessWritesAFileThatIsReadLater() throws Exception {
    new TensorBoard(directory, CLOCK).deliver(List.of(point()));
    Path first = onlyFile(directory.resolve("fraud-7/proxy"));
    // the clock was set back meanwhile
    Clock earlier = Clock.fixed(Instant.ofEpochMilli(1_600_000_000_000L), ZoneOffset.UTC);

    new TensorBoard(directory, earlier).deliver(List.of(point()));

    try (Stream<Path> files = Files.list(first.getParent())) {
      List<Path> sorted = files.sorted().toList();
      assertThat(sorted).hasSize(2).startsWith(first);
      assertThat(records(sorted.get(1))).hasSize(2);
    }
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsWaitedFor() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "");
    var board = new TensorBoard(file, CLOCK);

    assertThatThrownBy(() -> board.deliver(List.of(point())))
        .isInstanceOf(HomeAwayException.class)
        .hasMessageContaining(file.toString());

    Files.delete(file);
    assertThat(board.deliver(List.of(point()))).isEqualTo(Delivered.all(1));
  }

  @Test
  void filesThatSomebodyDeletedBeginAnew() throws Exception {
    var board = new TensorBoard(directory, CLOCK);
    board.deliver(List.of(point()));
    Files.delete(onlyFile(directory.resolve("fraud-7/proxy")));

    board.deliver(List.of(point()));

    assertThat(records(onlyFile(directory.resolve("fraud-7/proxy")))).hasSize(2);
  }

  @Test
  void aCurveHasTheCountsAtEvenThresholdsAlone() throws Exception {
    String body =
        """
        {"sweep":[
          {"threshold":1.0,"tp":0,"fp":0,"fn":4,"tn":6,"precision":null,"recall":0.0},
          {"threshold":0.9,"tp":1,"fp":0,"fn":3,"tn":6,"precision":1.0,"recall":0.25},
          {"threshold":0.5,"tp":2,"fp":1,"fn":2,"tn":5,"precision":0.6666666666666666,"recall":0.5},
          {"threshold":0.0,"tp":4,"fp":6,"fn":0,"tn":0,"precision":0.4,"recall":1.0}]}
        """;

    assertThat(new TensorBoard(directory, CLOCK).deliver(List.of(report(body))))
        .isEqualTo(Delivered.all(1));

    byte[] event = records(onlyFile(directory.resolve("fraud-7/full"))).get(1);
    assertThat(text(event)).contains("val/validation/pr_curve").contains("pr_curves");
    double[] rows = {4, 2, 0, 6, 1, 0, 0, 5, 6, 0, 2, 4, 0.4, 0.6666666666666666, 0, 1, 0.5, 0};
    assertThat(indexOf(event, Protobuf.littleEndian(rows))).isPositive();
  }

  @Test
  void thresholdsOfScoresOf32BitsAreEvenToo() throws Exception {
    int n = 100;
    var sweep = new StringBuilder();
    for (int i = n - 1; i >= 0; i--) {
      sweep.append(i == n - 1 ? "" : ",");
      sweep.append("{\"threshold\":").append((double) (float) (i / (double) (n - 1)));
      sweep.append(",\"tp\":").append(n - i).append(",\"fp\":0,\"fn\":0,\"tn\":0}");
    }
    var tree = dev.touchstone.server.view.Json.MAPPER.readTree("{\"sweep\":[" + sweep + "]}");

    PrCurve curve = PrCurve.of(tree).orElseThrow();

    assertThat(curve.thresholds()).isEqualTo(n);
    assertThat(Arrays.copyOf(curve.rows(), 3)).containsExactly(100, 99, 98);
  }

  @Test
  void aChecksumIsThatOfTheRecordFormat() {
    // of "123456789" CRC-32C is e3069283 (RFC 3720); rotated right by 15 and shifted by hand
    byte[] check = "123456789".getBytes(StandardCharsets.UTF_8);
    int expected = (0xe3069283 >>> 15 | 0xe3069283 << 17) + 0xa282ead8;
    assertThat(TfRecords.maskedCrc(check, check.length)).isEqualTo(expected);
  }

  /** The contents of the records of a file; their checksums hold. */
  private static List<byte[]> records(Path file) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    List<byte[]> records = new ArrayList<>();
    while (in.hasRemaining()) {
      byte[] length = new byte[Long.BYTES];
      in.get(length);
      assertThat(in.getInt()).isEqualTo(TfRecords.maskedCrc(length, length.length));
      byte[] content =
          new byte[(int) ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong()];
      in.get(content);
      assertThat(in.getInt()).isEqualTo(TfRecords.maskedCrc(content, content.length));
      records.add(content);
    }
    return records;
  }

  private static Path onlyFile(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      List<Path> all = files.toList();
      assertThat(all).hasSize(1);
      return all.get(0);
    }
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static int indexOf(byte[] bytes, byte[] wanted) {
    for (int i = 0; i + wanted.length <= bytes.length; i++) {
      if (Arrays.equals(bytes, i, i + wanted.length, wanted, 0, wanted.length)) {
        return i;
      }
    }
    return -1;
  }
}
