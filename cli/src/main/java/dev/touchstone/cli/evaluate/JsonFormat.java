package dev.touchstone.cli.evaluate;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.touchstone.jobs.full.ReportJson;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Map;

/** The report as JSON, schema {@code touchstone.report/1}. */
final class JsonFormat {
  private JsonFormat() {}

  static void write(OutputStream to, Evaluated evaluated) throws IOException {
    try (var json = ReportJson.factory().createGenerator(to)) {
      json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      json.setPrettyPrinter(new ReportPrinter());
      ReportJson.write(
          json,
          evaluated.report(),
          evaluated.slices(),
          new ReportJson.Additions(sections(evaluated), honest(evaluated)),
          evaluated.provenance(),
          evaluated.cost());
      json.writeRaw('\n');
    }
  }

  private static Map<String, Object> honest(Evaluated evaluated) {
    return evaluated.honest() == null ? Map.of() : evaluated.honest().json();
  }

  private static Map<String, Object> sections(Evaluated evaluated) {
    var sections = new LinkedHashMap<String, Object>();
    evaluated.sections().forEach(section -> sections.put(section.name(), section.json()));
    return sections;
  }
}
