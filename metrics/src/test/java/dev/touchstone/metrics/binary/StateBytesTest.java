package dev.touchstone.metrics.binary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.touchstone.metrics.Sum128;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class StateBytesTest {
  private static final BinaryOptions OPTIONS = BinaryOptions.defaults().withThresholds(20);

  private static ByteReader reader(ByteWriter out) {
    return new ByteReader("x", out.toBytes(), 1, 2);
  }

  private static ByteWriter writer() {
    return new ByteWriter().writeByte(1).writeByte(2);
  }

  @Test
  void countsTakeSevenBitsAByte() {
    assertThat(new ByteWriter().writeCount(0).toBytes()).containsExactly(0);
    assertThat(new ByteWriter().writeCount(127).toBytes()).containsExactly(0x7F);
    assertThat(new ByteWriter().writeCount(128).toBytes()).containsExactly(0x80, 0x01);
    assertThat(new ByteWriter().writeCount(300).toBytes()).containsExactly(0xAC, 0x02);
    assertThat(new ByteWriter().writeCount(-1).toBytes()).hasSize(10);
    assertThat(new ByteWriter().writeLong(0x0102_0304_0506_0708L).toBytes())
        .containsExactly(1, 2, 3, 4, 5, 6, 7, 8);
  }

  @Test
  void everyKindOfFieldIsReadBackAlsoPastTheFirstBuffer() {
    var random = new SplittableRandom(2);
    for (int run = 0; run < 50; run++) {
      long[] values = random.longs(100).map(v -> v >> (int) (v & 63)).toArray();
      var out = writer();
      for (int i = 0; i < values.length; i++) {
        switch (i % 5) {
          case 0 -> out.writeLong(values[i]);
          case 1 -> out.writeCount(values[i]);
          case 2 -> out.writeDouble(values[i]);
          case 3 -> out.writeSum(Sum128.of(values[i], ~values[i]));
          default -> out.writeBoolean(values[i] > 0).writeByte((int) values[i]);
        }
      }
      var in = reader(out);
      for (int i = 0; i < values.length; i++) {
        switch (i % 5) {
          case 0 -> assertThat(in.readLong()).isEqualTo(values[i]);
          case 1 -> assertThat(in.readCount()).isEqualTo(values[i]);
          case 2 -> assertThat(in.readDouble()).isEqualTo(values[i]);
          case 3 -> assertThat(in.readSum()).isEqualTo(Sum128.of(values[i], ~values[i]));
          default -> {
            assertThat(in.readBoolean()).isEqualTo(values[i] > 0);
            assertThat(in.readByte()).isEqualTo((int) values[i] & 0xFF);
          }
        }
      }
      in.end();
    }
  }

  @Test
  void anyOffsetOfTheBufferGrowsInTime() {
    for (int before = 230; before < 270; before++) {
      for (int kind = 0; kind < 3; kind++) {
        var out = new ByteWriter();
        for (int i = 0; i < before; i++) {
          out.writeByte(i);
        }
        byte[] bytes =
            switch (kind) {
              case 0 -> out.writeByte(9).toBytes();
              case 1 -> out.writeLong(9).toBytes();
              default -> out.writeCount(-9).toBytes();
            };
        assertThat(bytes).hasSize(before + new int[] {1, 8, 10}[kind]);
        assertThat(bytes[before - 1]).isEqualTo((byte) (before - 1));
      }
    }
  }

  @Test
  void whatDoesNotFitIsRefusedByName() {
    assertThatThrownBy(() -> new ByteReader("x", new byte[] {1, 3}, 1, 2))
        .hasMessage("x: version must be 2, got 3");
    assertThatThrownBy(() -> new ByteReader("x", new byte[] {5, 2}, 1, 2))
        .hasMessage("x: kind must be 1, got 5");
    assertThatThrownBy(() -> new ByteReader("x", new byte[] {1}, 1, 2))
        .hasMessage("x: ends early, after 1 bytes");
    byte[] endless = new byte[13];
    Arrays.fill(endless, (byte) 0xFF);
    endless[0] = 1;
    endless[1] = 2;
    assertThatThrownBy(() -> new ByteReader("x", endless, 1, 2).readCount())
        .hasMessage("x: a count is longer than 10 bytes at byte 12");
    assertThat(reader(writer().writeCount(9)).readIndex(10)).isEqualTo(9);
    assertThatThrownBy(() -> reader(writer().writeCount(10)).readIndex(10))
        .hasMessage("x: index must be below 10, got 10 at byte 3");
    assertThatThrownBy(() -> reader(writer().writeCount(-1)).readIndex(10))
        .hasMessage("x: index must be below 10, got -1 at byte 12");
    assertThatThrownBy(() -> reader(writer().writeByte(0)).end())
        .hasMessage("x: must end after 2 bytes, got 3");
  }

  @Test
  void pointsGrowAndKeepTheirOrder() {
    var points = new Points();
    for (int i = 0; i < 40; i++) {
      points.add(-i, i + 1, i + 2);
    }
    var more = new Points();
    more.add(7, 8, 9);
    points.addAll(more);
    var out = writer();
    points.write(out);
    var in = reader(out);
    var read = Points.read(in);
    in.end();
    for (var each : List.of(points, read)) {
      assertThat(each.size()).isEqualTo(41);
      for (int i = 0; i < 40; i++) {
        assertThat(each.key(i)).isEqualTo(-i);
        assertThat(each.tp(i)).isEqualTo(i + 1);
        assertThat(each.fp(i)).isEqualTo(i + 2);
      }
      assertThat(each.key(40) + each.tp(40) + each.fp(40)).isEqualTo(24);
    }
  }

  @Test
  void theBestIsTheHighestValueAtTheHighestThreshold() {
    var best = new Best();
    assertThat(best.exists()).isFalse();
    best.offer(0.5, 3, 10, 20);
    best.offer(0.4, 9, 11, 21);
    assertThat(best.key()).isEqualTo(3);
    best.offer(0.5, 2, 12, 22);
    assertThat(best.tp()).as("a lower threshold does not replace").isEqualTo(10);
    best.offer(0.5, 3, 13, 23);
    assertThat(best.tp()).as("nor does the same").isEqualTo(10);
    best.offer(0.5, -1, 14, 24);
    assertThat(best.tp()).as("keys are unsigned").isEqualTo(14);
    best.combine(new Best());
    assertThat(best.fp()).isEqualTo(24);
    var out = writer();
    best.write(out);
    var in = reader(out);
    var read = Best.read(in);
    in.end();
    assertThat(read.value()).isEqualTo(0.5);
    assertThat(read.key()).isEqualTo(-1);
    assertThat(read.tp()).isEqualTo(14);
    assertThat(read.fp()).isEqualTo(24);
    assertThat(read.exists()).isTrue();
    var higher = new Best();
    higher.offer(0.75, 1, 2, 3);
    best.combine(higher);
    assertThat(best.value()).isEqualTo(0.75);
  }

  /** Bytes of every state, their inverse, and their prefixes. */
  @Test
  void statesComeBackAndTheirPrefixesAreRefused() {
    for (boolean weighted : new boolean[] {false, true}) {
      var rows = RandomRows.of(2, 30, weighted);
      var total = CoarseCounts.of(OPTIONS);
      feed(total, rows);
      holds(total.toBytes(), b -> CoarseCounts.fromBytes(b).toBytes());
      for (var task : ResolvePlan.of(total, OPTIONS, 8).ranges()) {
        holds(task.toBytes(), b -> RangeTask.fromBytes(b).toBytes());
        var read = RangeTask.fromBytes(task.toBytes());
        assertThat(read.index()).isEqualTo(task.index());
        assertThat(read.rows()).isEqualTo(task.rows());
        assertThat(read.scanBytes()).isEqualTo(task.rows() * (weighted ? 10 : 2));
        var scan = RangeScan.of(task);
        feed(scan, rows);
        holds(scan.result().toBytes(), b -> RangeResult.fromBytes(b).toBytes());
      }
      var proxy = BinaryProxy.of(0.3);
      feed(proxy, rows);
      holds(proxy.toBytes(), b -> BinaryProxy.fromBytes(b).toBytes());
    }
  }

  private static void holds(byte[] bytes, UnaryOperator<byte[]> again) {
    assertThat(again.apply(bytes)).isEqualTo(bytes);
    int step = Math.max(1, bytes.length / 50);
    for (int length = 0; length < bytes.length; length += step) {
      byte[] prefix = Arrays.copyOf(bytes, length);
      assertThatThrownBy(() -> again.apply(prefix))
          .as("%d of %d bytes", length, bytes.length)
          .isInstanceOf(IllegalArgumentException.class);
    }
    byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
    assertThatThrownBy(() -> again.apply(longer)).hasMessageContaining(": must end after ");
  }

  private static void feed(RowAccumulator into, RandomRows rows) {
    into.accept(rows.scores(), rows.labels(), rows.weights(), 0, rows.size());
  }
}
