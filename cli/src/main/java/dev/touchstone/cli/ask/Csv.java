package dev.touchstone.cli.ask;

import com.fasterxml.jackson.databind.JsonNode;
import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import java.io.PrintWriter;
import java.util.Arrays;

/** Rows of the API's values, number for number; what is undefined is empty. */
final class Csv {

  private final PrintWriter out;
  private final CsvWriter rows;

  Csv(PrintWriter out, String... head) {
    this.out = out;
    this.rows = CsvWriter.builder().bufferSize(0).lineDelimiter(LineDelimiter.LF).build(out);
    rows.writeRecord(head);
  }

  void row(Object... cells) {
    rows.writeRecord(Arrays.stream(cells).map(Csv::text).toArray(String[]::new));
  }

  void flush() {
    out.flush();
  }

  static String text(Object cell) {
    if (cell instanceof JsonNode node) {
      return node.isNull() || node.isMissingNode() ? "" : node.asText();
    }
    return cell == null ? "" : cell.toString();
  }
}
