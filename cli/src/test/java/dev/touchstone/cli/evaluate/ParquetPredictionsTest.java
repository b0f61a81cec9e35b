package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of pandas, pyarrow and DuckDB; resources/parquet/make_fixtures.py says what is in them. */
class ParquetPredictionsTest {
  private static final int ROWS = 300;
  private static final ColumnNames PLAIN = new ColumnNames("label", "score", null, null, List.of());
  private static final ColumnNames ALL =
      new ColumnNames("label", "score", "weight", "id", List.of("country"));

  private static Path fixture(String name) {
    try {
      return Path.of(
          ParquetPredictionsTest.class.getResource("/parquet/" + name + ".parquet").toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Predictions read(Path path, ColumnNames columns, LabelRule rule) {
    var builder = new PredictionsBuilder(columns);
    ParquetPredictions.read(path, columns, rule, builder);
    return builder.build();
  }

  private static Predictions read(String name, ColumnNames columns) {
    return read(fixture(name), columns, LabelRule.zeroOne());
  }

  private static void assertLabelsAndScores(Predictions predictions) {
    assertThat(predictions.rows()).isEqualTo(ROWS);
    for (int i = 0; i < ROWS; i++) {
      assertThat(predictions.labels()[i])
          .as("label of row %d", i)
          .isEqualTo((byte) (i % 7 == 0 ? 1 : 0));
      assertThat(predictions.score(i)).as("score of row %d", i).isEqualTo(37 * i % 101 / 128.0);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pandas_snappy",
        "pandas_gzip",
        "pandas_zstd",
        "pandas_none",
        "row_groups",
        "pages_v2",
        "encodings",
        "duckdb_snappy",
        "duckdb_gzip",
        "duckdb_zstd",
        "duckdb_uncompressed"
      })
  void everyColumnIsReadWhateverTheEncoding(String name) {
    Predictions predictions = read(name, ALL);
    assertLabelsAndScores(predictions);
    assertThat(predictions.scoreType()).isEqualTo("float64");
    SliceColumn country = predictions.slices().get(0);
    for (int i = 0; i < ROWS; i++) {
      assertThat(predictions.weight(i)).isEqualTo(1.0 + i % 3);
      assertThat(predictions.ids().get(i)).isEqualTo(Integer.toString(1000 + i));
      assertThat(country.slice(country.codes()[i]))
          .isEqualTo("country=" + List.of("DE", "FR", "US").get(i % 3));
    }
  }

  @Test
  void float32StaysFloat32AndBooleansAreLabels() {
    Predictions predictions = read("float_required", PLAIN);
    assertLabelsAndScores(predictions);
    assertThat(predictions.scoreType()).isEqualTo("float32");
  }

  @ParameterizedTest
  @ValueSource(strings = {"float16", "decimal", "duckdb_decimal", "lz4"})
  void halvesDecimalsAndTextLabelsAreExact(String name) {
    assertLabelsAndScores(read(name, PLAIN));
  }

  @Test
  void bytesAndCategoriesAreText() {
    var columns = new ColumnNames("label", "score", null, "id", List.of("country"));
    Predictions predictions = read("decimal", columns);
    assertThat(predictions.slices().get(0).values()).containsExactly("DE", "FR", "US");
    assertThat(predictions.ids().firstOccurrences()[ROWS - 1]).isEqualTo(ROWS - 1);
  }

  @Test
  void aNamedClassCanBeThePositiveOne() {
    var columns = new ColumnNames("country", "score", null, null, List.of());
    Predictions predictions = read(fixture("pandas_snappy"), columns, LabelRule.positive("FR"));
    for (int i = 0; i < ROWS; i++) {
      assertThat(predictions.labels()[i]).isEqualTo((byte) (i % 3 == 1 ? 1 : 0));
    }
  }

  @Test
  void filesOfOneSetAreReadInOrderAndFloatsWiden() {
    var builder = new PredictionsBuilder(PLAIN);
    ParquetPredictions.read(fixture("float_required"), PLAIN, LabelRule.zeroOne(), builder);
    ParquetPredictions.read(fixture("pandas_zstd"), PLAIN, LabelRule.zeroOne(), builder);
    ParquetPredictions.read(fixture("float_required"), PLAIN, LabelRule.zeroOne(), builder);
    Predictions predictions = builder.build();
    assertThat(predictions.rows()).isEqualTo(3 * ROWS);
    assertThat(predictions.scoreType()).isEqualTo("float64");
    int[] second = new int[ROWS];
    Arrays.setAll(second, i -> ROWS + i);
    assertLabelsAndScores(predictions.select(second));
    Arrays.setAll(second, i -> 2 * ROWS + i);
    assertLabelsAndScores(predictions.select(second));
  }

  @Test
  void noRowsAreNoError() {
    assertThat(read("empty", PLAIN).rows()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          null_score | row 17: score must not be null, got "null"
          null_label | row 251: label must not be null, got "null"
          nan_score  | row 42: score must be a number, got "NaN"
          label_two  | row 100: label must be 0 or 1, got "2"
          list_score | column "score" must hold one value a row, got a list or a structure
          text_score | score must be a column of numbers, got BINARY
          brotli     | compression must be one of none, snappy, gzip, zstd, lz4_raw, got BROTLI
          """)
  void whatBreaksARuleIsNamed(String name, String message) {
    assertThatThrownBy(() -> read(name, PLAIN))
        .isInstanceOf(BadInputException.class)
        .hasMessage(fixture(name) + ": " + message);
  }

  @Test
  void aMissingColumnIsNamedWithThoseThatAreThere() {
    var columns = new ColumnNames("label", "p", null, null, List.of());
    assertThatThrownBy(() -> read("nan_score", columns))
        .hasMessage(
            fixture("nan_score") + ": has no column \"p\"; there are [\"label\", \"score\"]");
  }

  @Test
  void garbageAndTruncatedFilesAreRefused(@TempDir Path directory) throws Exception {
    byte[] whole = Files.readAllBytes(fixture("pandas_snappy"));
    Path file = directory.resolve("x.parquet");
    for (byte[] bytes :
        List.of(
            new byte[0],
            "PAR1".getBytes(java.nio.charset.StandardCharsets.US_ASCII),
            new byte[100],
            Arrays.copyOf(whole, whole.length / 2),
            Arrays.copyOfRange(whole, whole.length / 2, whole.length))) {
      Files.write(file, bytes);
      assertThatThrownBy(() -> read(file, PLAIN, LabelRule.zeroOne()))
          .isInstanceOf(BadInputException.class)
          .hasMessageStartingWith(file + ": is not readable as Parquet: ");
    }
  }

  @Test
  void everyFlippedByteIsReadOrRefusedInOneLine(@TempDir Path directory) throws Exception {
    byte[] whole = Files.readAllBytes(fixture("duckdb_zstd"));
    Path file = directory.resolve("x.parquet");
    for (int at = 0; at < whole.length; at++) {
      byte[] bytes = whole.clone();
      bytes[at] ^= 0x55;
      Files.write(file, bytes);
      try {
        read(file, ALL, LabelRule.zeroOne());
      } catch (BadInputException e) {
        assertThat(e.getMessage())
            .as("byte %d", at)
            .startsWith(file.toString())
            .doesNotContain("\n");
      }
    }
  }
}
