package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NpyArrayTest {
  @TempDir Path directory;

  /** A .npy file as NumPy writes it. */
  static byte[] npy(int major, String header, byte[] data) {
    int start = major == 1 ? 10 : 12;
    int padded = (start + header.length() + 1 + 63) / 64 * 64;
    ByteBuffer bytes = ByteBuffer.allocate(padded + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', (byte) major, 0});
    if (major == 1) {
      bytes.putShort((short) (padded - start));
    } else {
      bytes.putInt(padded - start);
    }
    bytes.put(header.getBytes(StandardCharsets.US_ASCII));
    while (bytes.position() < padded - 1) {
      bytes.put((byte) ' ');
    }
    bytes.put((byte) '\n').put(data);
    return bytes.array();
  }

  static String header(String descr, String shape) {
    return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + shape + "), }";
  }

  static byte[] npy(String descr, double... values) {
    int size = descr.charAt(2) - '0';
    ByteBuffer data =
        ByteBuffer.allocate(values.length * size)
            .order(descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    for (double value : values) {
      switch (descr.substring(1)) {
        case "f4" -> data.putFloat((float) value);
        case "f8" -> data.putDouble(value);
        case "i1", "u1", "b1" -> data.put((byte) value);
        case "i2", "u2" -> data.putShort((short) value);
        case "i4", "u4" -> data.putInt((int) (long) value);
        case "i8", "u8" -> data.putLong((long) value);
        default -> throw new IllegalArgumentException(descr);
      }
    }
    return npy(1, header(descr, values.length + ","), data.array());
  }

  private NpyArray open(byte[] bytes) throws IOException {
    return NpyArray.open(Files.write(directory.resolve("a.npy"), bytes));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "<f4", ">f4", "<f8", ">f8", "|u1", "|i1", "|b1", "<i2", ">i2", "<u2", "<i4", ">i4", "<u4",
        "<i8", ">i8", "<u8"
      })
  void everyTypeAndByteOrderIsRead(String descr) throws IOException {
    NpyArray array = open(npy(descr, 0, 1, 1, 0));
    assertThat(array.length()).isEqualTo(4);
    assertThat(array.doubles()).containsExactly(0, 1, 1, 0);
    assertThat(array.labels(LabelRule.zeroOne())).containsExactly(0, 1, 1, 0);
    assertThat(array.labels(LabelRule.positive(descr.equals("|b1") ? "false" : "0")))
        .containsExactly(1, 0, 0, 1);
  }

  @Test
  void valuesKeepTheirBits() throws IOException {
    double[] doubles = {0.1, -0.0, 1e-300, Double.NEGATIVE_INFINITY, 1.0 / 3};
    assertThat(open(npy(">f8", doubles)).doubles()).containsExactly(doubles);
    float[] floats = {0.1f, -0f, Float.MIN_VALUE, Float.POSITIVE_INFINITY};
    assertThat(open(npy(">f4", 0.1f, -0f, Float.MIN_VALUE, Float.POSITIVE_INFINITY)).floats())
        .containsExactly(floats);
    assertThat(open(npy("<i2", -3, 7)).doubles()).containsExactly(-3, 7);
    assertThat(open(npy("<u4", 4294967295.0)).doubles()).containsExactly(4294967295.0);
    assertThat(
            open(npy(
                    1,
                    header("<u8", "2,"),
                    new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, -128}))
                .doubles())
        .containsExactly(0x1p64, 0x1p63);
  }

  @Test
  void halvesWidenExactly() throws IOException {
    // 0, -0, 1, 65504, the smallest subnormal, the smallest normal, infinity
    byte[] data = {0, 0, 0, -128, 0, 0x3c, -1, 0x7b, 1, 0, 0, 4, 0, 0x7c};
    assertThat(open(npy(1, header("<f2", "7,"), data)).doubles())
        .containsExactly(0, -0.0, 1, 65504, 0x1p-24, 0x1p-14, Double.POSITIVE_INFINITY);
  }

  @Test
  void versionsTwoAndThreeDifferInTheHeaderLength() throws IOException {
    byte[] data = {0, 1};
    assertThat(open(npy(2, header("|u1", "2,"), data)).length()).isEqualTo(2);
    assertThat(open(npy(3, header("|u1", "2,"), data)).length()).isEqualTo(2);
    assertThatThrownBy(() -> open(npy(4, header("|u1", "2,"), data)))
        .hasMessage(directory.resolve("a.npy") + ": .npy format must be 1, 2 or 3, got 4");
  }

  @Test
  void aColumnIsOneDimensional() throws IOException {
    assertThat(open(npy(1, header("|u1", "2, 1"), new byte[2])).length()).isEqualTo(2);
    assertThat(open(npy(1, header("|u1", "0,"), new byte[0])).length()).isZero();
  }

  @Test
  void arraysLongerThanAChunkAreWhole() throws IOException {
    double[] values = new double[300_001];
    Arrays.setAll(values, i -> i / 7.0);
    assertThat(open(npy(">f8", values)).doubles()).containsExactly(values);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          <f4;2, 2         ;'must be one-dimensional, got shape (2, 2); save the column of the positive class: proba[:, 1]'
          <f4;4, 3         ;must be one-dimensional, got shape (4, 3)
          <f4;''           ;must be one-dimensional, got shape ()
          <f4;-4,          ;must be one-dimensional, got shape (-4,)
          <f4;99999999999999999999,;must be one-dimensional, got shape (99999999999999999999,)
          <f4;1000000000000,;is truncated: its header promises 1000000000000 values of 4 bytes, after it come 16 bytes
          <f4;9223372036854775807,;is truncated: its header promises 9223372036854775807 values of 4 bytes, after it come 16 bytes
          <f4;3,           ;is too long: its header promises 3 values of 4 bytes, after it come 16 bytes
          <c8;2,           ;dtype must be one of b1, i1, u1, i2, u2, i4, u4, i8, u8, f2, f4, f8, got "<c8"
          |O;2,           ;dtype must be one of b1, i1, u1, i2, u2, i4, u4, i8, u8, f2, f4, f8, got "|O"
          <U1;4,           ;dtype must be one of b1, i1, u1, i2, u2, i4, u4, i8, u8, f2, f4, f8, got "<U1"
          """,
      quoteCharacter = '\'')
  void shapesAndTypesThatDoNotFitAreNamed(String descr, String shape, String message) {
    assertThatThrownBy(() -> open(npy(1, header(descr, shape), new byte[16])))
        .isInstanceOf(BadInputException.class)
        .hasMessage(directory.resolve("a.npy") + ": " + message);
  }

  @Test
  void filesThatAreNoArraysAreRefused() {
    String file = directory.resolve("a.npy").toString();
    assertThatThrownBy(() -> open(new byte[0]))
        .hasMessage(file + ": is not a .npy file: it does not start with \\x93NUMPY");
    assertThatThrownBy(() -> open("label,score\n1,0.5\n".getBytes(StandardCharsets.US_ASCII)))
        .hasMessage(file + ": is not a .npy file: it does not start with \\x93NUMPY");
    byte[] cut = Arrays.copyOf(npy(1, header("|u1", "2,"), new byte[2]), 30);
    assertThatThrownBy(() -> open(cut)).hasMessageStartingWith(file + ": is truncated");
    byte[] cutInLength = Arrays.copyOf(npy(2, header("|u1", "2,"), new byte[2]), 11);
    assertThatThrownBy(() -> open(cutInLength)).hasMessageStartingWith(file + ": is truncated");
    assertThatThrownBy(() -> open(npy(1, "{'descr': [('a', '<f4')], 'shape': (2,)}", new byte[8])))
        .hasMessage(file + ": must hold plain numbers, got records (a structured dtype)");
    assertThatThrownBy(() -> open(npy(1, "{'descr': '<f4'}", new byte[8])))
        .hasMessage(file + ": has no shape in its .npy header");
    assertThatThrownBy(() -> open(npy(1, "nothing", new byte[8])))
        .hasMessage(file + ": has no dtype in its .npy header");
  }

  @ParameterizedTest
  @CsvSource({"|u1,2", "|i1,-1", "|b1,3", "<i4,2", "<i8,-1", "<f4,0.5", "<f8,2", "<u2,300"})
  void labelsBeyondZeroAndOneAreNamed(String descr, String value) {
    assertThatThrownBy(
            () -> open(npy(descr, 0, 1, Double.parseDouble(value))).labels(LabelRule.zeroOne()))
        .hasMessage(
            directory.resolve("a.npy") + ": row 3: label must be 0 or 1, got \"" + value + "\"");
  }
}
