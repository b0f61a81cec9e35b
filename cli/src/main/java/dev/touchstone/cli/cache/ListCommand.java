package dev.touchstone.cli.cache;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.touchstone.cli.evaluate.TextTable;
import dev.touchstone.jobs.cache.CachedSet;
import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.SetStatus;
import dev.touchstone.jobs.settings.EngineSettings;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The sets of a cache, newest first. */
@Command(
    name = "ls",
    description = "Lists the cached prediction sets, the newest first.",
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./touchstone cache ls",
      "  ./touchstone cache ls --format json | jq \".[].set_key\""
    },
    mixinStandardHelpOptions = true)
final class ListCommand implements Callable<Integer> {

  private static final int SHORT_KEY = 12;

  /** How the list is written. */
  enum Format {
    table,
    json
  }

  @Mixin private CacheOptions cache = new CacheOptions();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Format format;

  @Override
  public Integer call() throws IOException {
    List<CachedSet> sets = cache.directory().sets();
    Instant now = Instant.now();
    write(sets, now, System.out);
    return 0;
  }

  private void write(List<CachedSet> sets, Instant now, PrintStream out) throws IOException {
    if (format == Format.json) {
      List<Map<String, Object>> all = new ArrayList<>();
      sets.forEach(set -> all.add(json(set, now)));
      out.println(new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(all));
    } else if (sets.isEmpty()) {
      String directory = EngineSettings.from(cache.source()).cache().directory();
      out.println("no prediction sets in " + directory);
    } else {
      out.print(table(sets, now));
    }
  }

  private static String table(List<CachedSet> sets, Instant now) {
    TextTable table = new TextTable("<<<<<>>>><<");
    table.row(
        "set",
        "run",
        "checkpoint",
        "evaluation set",
        "split",
        "rows",
        "positives",
        "bytes",
        "age",
        "pinned",
        "state");
    for (CachedSet set : sets) {
      SetStatus status = set.manifest() == null ? null : set.manifest().status();
      table.row(
          set.setKey().substring(0, SHORT_KEY),
          status == null ? "" : Words.plain(claims(status, Claim::runId)),
          status == null ? "" : Words.plain(claims(status, Claim::checkpoint)),
          status == null ? "" : Words.plain(status.set().evaluationSet()),
          status == null ? "" : Words.plain(split(status)),
          status == null ? "" : String.format(Locale.ROOT, "%,d", status.rows()),
          status == null ? "" : String.format(Locale.ROOT, "%,d", status.positives()),
          Words.bytes(set.bytes()),
          Words.age(age(set, now)),
          set.pinned() ? "pinned" : "",
          set.state().name() + (set.problem() == null ? "" : ": " + Words.plain(set.problem())));
    }
    return table.render();
  }

  private static String split(SetStatus status) {
    return status.set().split()
        + (status.set().fold() == null ? "" : " fold " + status.set().fold())
        + (status.set().sampled() ? " (sample)" : "");
  }

  private interface Part {
    String of(Claim claim);
  }

  private static String claims(SetStatus status, Part part) {
    if (status.claims().isEmpty()) {
      return "";
    }
    int more = status.claims().size() - 1;
    return part.of(status.claims().get(0)) + (more == 0 ? "" : " +" + more);
  }

  private static Duration age(CachedSet set, Instant now) {
    return Duration.between(Instant.ofEpochMilli(set.modifiedMillis()), now);
  }

  private static Map<String, Object> json(CachedSet set, Instant now) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("set_key", set.setKey());
    fields.put("state", set.state().name());
    fields.put("problem", set.problem());
    fields.put("pinned", set.pinned());
    fields.put("bytes", set.bytes());
    fields.put("age_seconds", age(set, now).toSeconds());
    fields.put("left_over_files", set.leftOvers().size());
    if (set.manifest() != null) {
      SetStatus status = set.manifest().status();
      List<Map<String, Object>> claims = new ArrayList<>();
      for (Claim claim : status.claims()) {
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("run_id", claim.runId());
        one.put("attempt", claim.attempt());
        one.put("checkpoint", claim.checkpoint());
        one.put("step", claim.step());
        claims.add(one);
      }
      fields.put("claims", claims);
      fields.put("evaluation_set", status.set().evaluationSet());
      fields.put("split", status.set().split());
      fields.put("fold", status.set().fold());
      fields.put("sampled", status.set().sampled());
      fields.put("task", status.set().task().name());
      fields.put("rows", status.rows());
      fields.put("positives", status.positives());
      fields.put("segments", set.manifest().segments().size());
      fields.put("digest", String.format("%016x", status.rowDigest()));
    }
    return fields;
  }
}
