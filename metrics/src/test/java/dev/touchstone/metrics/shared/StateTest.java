package dev.touchstone.metrics.shared;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class StateTest {
  private static StateReader reader(StateWriter out) {
    return new StateReader("state", out.toBytes(), 'a', 1);
  }

  @Test
  void fieldsComeBack() {
    var out = new StateWriter('a', 1);
    long[] sparse = new long[300];
    sparse[0] = 1;
    sparse[299] = Long.MAX_VALUE;
    out.writeCount(Long.MAX_VALUE).writeDouble(-0.0).writeLong(-1).writeSparse(sparse);
    var in = reader(out);
    assertThat(in.readCount()).isEqualTo(Long.MAX_VALUE);
    assertThat(in.readDouble()).isEqualTo(-0.0);
    assertThat(in.readLong()).isEqualTo(-1);
    long[] back = new long[300];
    in.readSparse(back);
    assertThat(back).isEqualTo(sparse);
    in.end();
  }

  @Test
  void damagedBytesAreRefusedByName() {
    byte[] bytes = new StateWriter('a', 1).writeCount(7).toBytes();
    assertThatThrownBy(() -> new StateReader("state", bytes, 'b', 1))
        .hasMessage("state: kind must be 98, got 97");
    assertThatThrownBy(() -> new StateReader("state", bytes, 'a', 2))
        .hasMessage("state: version must be 2, got 1");
    assertThatThrownBy(() -> new StateReader("state", Arrays.copyOf(bytes, 1), 'a', 1))
        .hasMessage("state: ends early, after 1 bytes");
    assertThatThrownBy(() -> new StateReader("state", bytes, 'a', 1).readLong())
        .hasMessage("state: ends early, after 3 bytes");
    assertThatThrownBy(() -> new StateReader("state", bytes, 'a', 1).end())
        .hasMessage("state: must end after 2 bytes, got 3");
    assertThatThrownBy(() -> new StateReader("state", bytes, 'a', 1).readIndex(7))
        .hasMessage("state: index must be below 7, got 7 at byte 3");
    byte[] endless = new byte[20];
    Arrays.fill(endless, (byte) 0xFF);
    endless[0] = 'a';
    endless[1] = 1;
    assertThatThrownBy(() -> new StateReader("state", endless, 'a', 1).readCount())
        .hasMessage("state: a count must be below 2^63 at byte 11");
    var far = new StateWriter('a', 1).writeCount(4).writeCount(1).writeCount(0);
    assertThatThrownBy(() -> reader(far).readSparse(new long[3]))
        .hasMessage("state: index must be below 4, got 4 at byte 3");
  }

  @Test
  void weightsAreWholeUnitsOfTheirResolution() {
    assertThat(Weighting.units(0.125, 0)).isEqualTo(1 << 17);
    for (double weight : new double[] {-1e-9, Double.NaN, 1048577}) {
      assertThatThrownBy(() -> Weighting.units(weight, 3))
          .hasMessage("weight must be in [0, 1048576], got " + weight + " (row 3)");
    }
    var weighting = Weighting.of();
    assertThat(weighting.effectiveRows()).isZero();
    weighting.begin(true);
    weighting.add(Weighting.units(3, 0));
    weighting.add(Weighting.units(1, 1));
    assertThat(weighting.total()).isEqualTo(4);
    assertThat(weighting.effectiveRows()).isEqualTo(1.6);
    assertThatThrownBy(() -> weighting.begin(false))
        .hasMessage("rows must be all weighted or all unweighted, got both");
  }

  @Test
  void labelsAreReadByTheirEncoding() {
    var bytes = ByteBuffer.wrap(new byte[] {9, (byte) 200, 1, 0, 0, 9}).position(1).limit(5);
    assertThat(LabelEncoding.U8.integers(bytes, 4)).containsExactly(200, 1, 0, 0);
    assertThat(LabelEncoding.I32.integers(bytes, 1)).containsExactly(200 + 256);
    assertThat(LabelEncoding.U8.floats(bytes, 4)).containsExactly(200, 1, 0, 0);
    assertThat(bytes.position()).isEqualTo(1);
    assertThatThrownBy(() -> LabelEncoding.I32.integers(bytes, 2))
        .hasMessage("labels must hold 8 bytes for 2 values, got 4");
    assertThatThrownBy(() -> LabelEncoding.F32.integers(bytes, 1))
        .hasMessage("label encoding must be U8 or I32, got F32");
    var odd = ByteBuffer.wrap(new byte[] {1, 0, 0, 1});
    assertThatThrownBy(() -> LabelEncoding.I32.floats(odd, 1))
        .hasMessage("label must be exact as float32, got 16777217 (row 0)");
  }

  @Test
  void tablesHoldTheirShape() {
    assertThatThrownBy(() -> ScoreTable.of(new float[5], 2))
        .hasMessage("scores must fill whole rows of 2, got 5");
    assertThatThrownBy(() -> ScoreTable.of(new double[5], 0))
        .hasMessage("columns must be at least 1, got 0");
    assertThatThrownBy(() -> ScoreTable.of(ByteBuffer.allocate(6), 1))
        .hasMessage("scores must be whole float32 values, got 6 bytes");
    assertThatThrownBy(() -> new Table("t", List.of("a"), List.of(List.of(1, 2))))
        .hasMessage("t: a row must have 1 cells, got 2");
  }
}
