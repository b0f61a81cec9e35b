package dev.touchstone.cli.evaluate;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.touchstone.jobs.full.ReportJson;
import java.io.IOException;
import java.io.OutputStream;

/** The report as JSON, schema {@code touchstone.report/1}. */
final class JsonFormat {
  private JsonFormat() {}

  static void write(OutputStream to, Evaluated evaluated) throws IOException {
    try (var json = ReportJson.factory().createGenerator(to)) {
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      json.setPrettyPrinter(new ReportPrinter());
      ReportJson.write(
          json, evaluated.report(), evaluated.slices(), evaluated.provenance(), evaluated.cost());
      json.writeRaw('\n');
    }
  }
}
