package dev.touchstone.cli.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CsvPredictionsTest {
  private static final ColumnNames PLAIN = new ColumnNames("label", "score", null, null, List.of());
  private static final ColumnNames ALL = new ColumnNames("y", "p", "w", "id", List.of("country"));

  private static Predictions read(String text, ColumnNames columns) throws IOException {
    return read(text, columns, LabelRule.zeroOne(), StandardCharsets.UTF_8);
  }

  private static Predictions read(String text, ColumnNames columns, LabelRule rule, Charset charset)
      throws IOException {
    var builder = new PredictionsBuilder(columns);
    CsvPredictions.read(
        new ByteArrayInputStream(text.getBytes(charset)), "p.csv", ',', columns, rule, builder);
    return builder.build();
  }

  @Test
  void columnsAreFoundByNameInAnyOrder() throws IOException {
    Predictions predictions =
        read("p,other,y,country,id,w\n0.25,x,1,DE,7,2\n0.1,,0,\"F,R\",8,0.5\n", ALL);
    assertThat(predictions.labels()).containsExactly(1, 0);
    assertThat(predictions.doubleScores()).containsExactly(0.25, 0.1);
    assertThat(predictions.weights()).containsExactly(2, 0.5);
    assertThat(predictions.ids().get(1)).isEqualTo("8");
    assertThat(predictions.slices().get(0).values()).containsExactly("DE", "F,R");
    assertThat(predictions.scoreType()).isEqualTo("float64");
  }

  @ParameterizedTest
  @ValueSource(strings = {"\n", "\r\n", "\r"})
  void anyLineEndAndBlankLinesAndAByteOrderMark(String end) throws IOException {
    String text = String.join(end, "\uFEFF\"label\",score", "1,0.5", "", "\"0\",\"0.25\"", "");
    assertThat(read(text, PLAIN).doubleScores()).containsExactly(0.5, 0.25);
    assertThat(read(text, PLAIN, LabelRule.zeroOne(), StandardCharsets.UTF_16LE).labels())
        .containsExactly(1, 0);
  }

  @ParameterizedTest
  @CsvSource({
    "0,0", "1,1", "0.0,0", "1.0,1", "true,1", "True,1", "FALSE,0", "' 1',1", "1e0,1", "-0,0"
  })
  void labelsMayBeSpelledAsToolsDo(String text, byte label) throws IOException {
    assertThat(read("label,score\n" + text + ",0.5\n", PLAIN).labels()).containsExactly(label);
  }

  @ParameterizedTest
  @CsvSource({
    "0.1,0.1",
    "' 2.5 ',2.5",
    "1e-300,1e-300",
    "+3,3",
    ".5,0.5",
    "5.,5",
    "inf,Infinity",
    "-Infinity,-Infinity",
    "0.1000000000000000055511151231257827,0.1",
    "123456789012345678901234567890,1.2345678901234568e29",
    "4.9e-324,4.9e-324"
  })
  void scoresAreTheNearestDoubles(String text, double score) throws IOException {
    assertThat(read("label,score\n1," + text + "\n", PLAIN).doubleScores()).containsExactly(score);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "nan", "NaN", "1f", "1d", "0x1p3", "1_0", "one", "1,5", "-", "\u0661"})
  void whatIsNoNumberIsNoScore(String text) {
    assertThatThrownBy(() -> read("label,score\n0,1\n1,\"" + text + "\"\n", PLAIN))
        .isInstanceOf(BadInputException.class)
        .hasMessage("p.csv: row 2: score must be a number, got " + BadInputException.quote(text));
  }

  @Test
  void rowsAreCountedFromTheFirstDataRow() {
    assertThatThrownBy(() -> read("label,score\n0,1\n\n1,1\n2,0.5\n", PLAIN))
        .hasMessage("p.csv: row 3: label must be 0 or 1, got \"2\"");
    assertThatThrownBy(() -> read("y,p,w,id,country\n1,1,-1,a,b\n", ALL))
        .hasMessage(
            "p.csv: row 1: weight (column \"w\") must be a number of at least 0, got \"-1\"");
    assertThatThrownBy(() -> read("y,p,w,id,country\n,1,1,a,b\n", ALL))
        .hasMessage("p.csv: row 1: label (column \"y\") must be 0 or 1, got \"\"");
    assertThatThrownBy(() -> read("y,p,w,id,country\n1,1,inf,a,b\n", ALL))
        .hasMessage(
            "p.csv: row 1: weight (column \"w\") must be a number of at least 0, got \"inf\"");
  }

  @Test
  void raggedRowsAreRefused() {
    assertThatThrownBy(() -> read("label,score\n0,1\n1\n", PLAIN))
        .hasMessage("p.csv: row 2: must have 2 fields as the header has, got 1 (line 3)");
    assertThatThrownBy(() -> read("label,score\n0,1,2\n", PLAIN))
        .hasMessage("p.csv: row 1: must have 2 fields as the header has, got 3 (line 2)");
  }

  @Test
  void missingAndDoubledColumnsAreNamed() {
    assertThatThrownBy(() -> read("a,\"b c\"\n", PLAIN))
        .hasMessage("p.csv: has no column \"label\"; there are [\"a\", \"b c\"]");
    assertThatThrownBy(() -> read("label,score,score\n", PLAIN))
        .hasMessage("p.csv: has more than one column \"score\"");
  }

  @Test
  void anOpenQuoteEndsWithTheFile() {
    assertThatThrownBy(() -> read("label,score\n1,\"0.5\n0,0.25\n", PLAIN))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith("p.csv: row 1: ");
  }

  @Test
  void aHugeFieldIsRefusedAndNotKept() {
    assertThatThrownBy(() -> read("label,score\n1,\"" + "9".repeat(20_000_000) + "\"\n", PLAIN))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(
            "p.csv: row 1: is not readable as delimited text: The maximum buffer size");
  }

  @Test
  void nothingIsNoRows() throws IOException {
    for (String text : List.of("", "\n", "\r\n", "\n\n\n", "\n\nlabel,score\n\n")) {
      assertThat(read(text, PLAIN).rows()).isZero();
    }
    assertThat(read("y,p", new ColumnNames("y", "p", null, null, List.of())).rows()).isZero();
    assertThat(read("label,score", PLAIN).rows()).isZero();
  }

  @Test
  void aNamedClassCanBeThePositiveOne() throws IOException {
    String text = "label,score\nfraud,0.5\nok,0.25\n1,0\n";
    assertThat(read(text, PLAIN, LabelRule.positive("fraud"), StandardCharsets.UTF_8).labels())
        .containsExactly(1, 0, 0);
    assertThat(
            read(
                    "label,score\n2.0,1\n1,1\n",
                    PLAIN,
                    LabelRule.positive("2"),
                    StandardCharsets.UTF_8)
                .labels())
        .containsExactly(1, 0);
    assertThatThrownBy(
            () -> read("label,score\n,1\n", PLAIN, LabelRule.positive("2"), StandardCharsets.UTF_8))
        .hasMessage("p.csv: row 1: label must not be empty, got \"\"");
  }

  @Test
  void messagesCannotDriveATerminal() {
    assertThatThrownBy(() -> read("label,score\n\u001b[2J\u0000,1\n", PLAIN))
        .hasMessage("p.csv: row 1: label must be 0 or 1, got \"\\u001b[2J\\u0000\"");
    assertThatThrownBy(() -> read("label,score\n" + "x".repeat(100) + ",1\n", PLAIN))
        .hasMessage("p.csv: row 1: label must be 0 or 1, got \"" + "x".repeat(40) + "…\"");
  }
}
