package dev.touchstone.server;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.Topics;
import dev.touchstone.schemas.avro.CheckpointEvent;
import dev.touchstone.server.view.Json;
import dev.touchstone.server.view.TopicRecord;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A fraud-like training run as the engine would describe it on its topics, made by formulas: scores
 * are normal in each class and the distance between the classes grows with the step. A million
 * examples, 0.5 % positive; counts are expectations, so nothing is drawn by chance.
 */
public final class SyntheticRun {

  public static final int STEPS = 25;
  public static final int STEP_SIZE = 200;
  public static final int FULL_EVERY = 5;
  private static final long SIZE = 1_000_000;
  private static final long POSITIVES = 5_000;
  private static final double DECISION = 0.5;
  private static final String DATASET = "dataset-1";
  private static final String TRANSFORM = "transform-1";
  private static final List<String> COUNTRIES = List.of("DE", "FR", "PL", "US");

  private static final Codec<CheckpointEvent> EVENTS = Codec.of(CheckpointEvent.class);

  private final Topics topics;
  private final String runId;
  private final long start;
  private final double skill;

  /**
   * @param start when the run began, milliseconds since the epoch
   * @param skill how well it learns; 1 is a good run, 0 learns nothing
   */
  public SyntheticRun(Topics topics, String runId, long start, double skill) {
    this.topics = topics;
    this.runId = runId;
    this.start = start;
    this.skill = skill;
  }

  public static String checkpoint(int i) {
    return "step-%05d".formatted(i * STEP_SIZE);
  }

  /** The query that asks for a step's predictions by content. */
  public String content(int i) {
    return "model_digest=model-of-"
        + setKey(runId, i)
        + "&dataset_digest="
        + DATASET
        + "&transform_digest="
        + TRANSFORM;
  }

  public static String setKey(String runId, int i) {
    return "%032x".formatted(((long) runId.hashCode() << 20 | i) & Long.MAX_VALUE);
  }

  public String reportKey(int i) {
    return setKey(runId, i) + ":0123456789abcdef";
  }

  public long time(int i) {
    return start + i * 20_000L;
  }

  /** Steps 1 to {@code steps}, all complete; every fifth evaluated. */
  public List<TopicRecord> history(int steps) {
    List<TopicRecord> records = new ArrayList<>();
    for (int i = 1; i <= steps; i++) {
      records.addAll(arriving(i, 0.35));
      records.addAll(arriving(i, 1));
      if (i % FULL_EVERY == 0) {
        records.add(event(i));
        records.add(evaluated(i));
      }
    }
    return records;
  }

  /** What the fast tier says when {@code share} of a step's predictions have arrived. */
  public List<TopicRecord> arriving(int i, double share) {
    List<TopicRecord> records = new ArrayList<>();
    boolean complete = share >= 1;
    records.add(set(i, complete ? "COMPLETE" : "RECEIVING", share, null));
    double mu = separation(i, skill);
    points(records, i, share, "", mu, SIZE, POSITIVES);
    for (int c = 0; c < COUNTRIES.size(); c++) {
      // the drifting slice learns less and less
      double slice = c == 2 ? mu * (1 - 0.012 * i) : mu * (1 + 0.02 * c);
      long n = SIZE * (4 - c) / 10;
      points(records, i, share, "country=" + COUNTRIES.get(c), slice, n, n / 200);
    }
    return records;
  }

  private void points(
      List<TopicRecord> out, int i, double share, String slice, double mu, long size, long pos) {
    Counts counts = new Counts(size, pos, mu);
    long n = Math.round(size * share);
    long nPos = Math.round(pos * share);
    double noise = Math.sin(i * 12.9898 + slice.hashCode()) * (1 - share) * 0.02;
    double se = 0.55 / Math.sqrt(Math.max(1, nPos));
    double ap = counts.averagePrecision() + noise;
    double auc = normalCdf(mu / Math.sqrt(2));
    point(out, i, slice, "average_precision", ap, ap - se, ap + se, "binned_bounds", n, nPos);
    point(out, i, slice, "roc_auc", auc, auc - se / 5, auc + se / 5, "delong", n, nPos);
    double logLoss = 0.0315 - 0.0045 * mu + noise / 10;
    point(out, i, slice, "log_loss", logLoss, logLoss - se / 60, logLoss + se / 60, "clt", n, nPos);
    double brier = 0.00498 - 0.0004 * mu + noise / 60;
    point(out, i, slice, "brier", brier, brier - se / 400, brier + se / 400, "clt", n, nPos);
    double[] at = counts.at(zOf(DECISION));
    double precision = at[0] / (at[0] + at[1]);
    double recall = at[0] / pos;
    point(out, i, slice, "precision", precision, precision - se, precision + se, "wilson", n, nPos);
    point(out, i, slice, "recall", recall, recall - se, recall + se, "wilson", n, nPos);
    double f1 = 2 * precision * recall / (precision + recall);
    point(out, i, slice, "f1", f1, null, null, null, n, nPos);
  }

  private void point(
      List<TopicRecord> out,
      int i,
      String slice,
      String metric,
      double value,
      Double low,
      Double high,
      String method,
      long n,
      long nPos) {
    ObjectNode p = Json.MAPPER.createObjectNode();
    p.put("ts", time(i));
    p.put("run_id", runId);
    p.put("attempt", 0);
    p.put("checkpoint", checkpoint(i));
    p.put("step", i * STEP_SIZE);
    p.put("epoch", i * 0.4);
    p.put("tier", "proxy");
    p.put("evaluation_set", "fraud-validation");
    p.put("split", "validation");
    p.put("slice", slice);
    p.put("metric", metric);
    p.put("value", value);
    p.put("ci_low", low == null ? null : Math.max(0, low));
    p.put("ci_high", high);
    p.put("ci_method", method);
    p.put("level", low == null ? null : 0.95);
    p.put("n", n);
    p.put("n_pos", nPos);
    boolean complete = slice.isEmpty() ? n == SIZE : n % 100_000 == 0;
    p.put("state", complete ? "COMPLETE" : "PARTIAL");
    p.put("trust", "TRUSTED");
    p.put("reason", low == null ? "no interval is defined for f1 here" : null);
    p.put("revision", complete ? 2 : 1);
    out.add(record(topics.metrics(), runId, p, time(i)));
  }

  /** Any one value over all examples of a step. */
  public TopicRecord proxy(int i, String metric, Double value, String trust) {
    List<TopicRecord> out = new ArrayList<>();
    point(out, i, "", metric, 0, null, null, null, SIZE, POSITIVES);
    ObjectNode p;
    try {
      p = (ObjectNode) Json.MAPPER.readTree(out.get(0).value());
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    p.put("value", value);
    p.put("trust", trust);
    p.put("reason", value == null ? "fewer_than_2" : null);
    return record(topics.metrics(), runId, p, time(i));
  }

  /** The manifest of a step's set. */
  public TopicRecord set(int i, String state, double share, String reason) {
    ObjectNode s = Json.MAPPER.createObjectNode();
    s.put("set_key", setKey(runId, i));
    s.put("state", state);
    s.put("reason", reason);
    ObjectNode claim = s.putArray("claims").addObject();
    claim.put("run_id", runId);
    claim.put("attempt", 0);
    claim.put("checkpoint", checkpoint(i));
    claim.put("step", i * STEP_SIZE);
    claim.put("epoch", i * 0.4);
    s.put("model_digest", "model-of-" + setKey(runId, i));
    s.put("dataset_digest", DATASET);
    s.put("transform_digest", TRANSFORM);
    s.put("evaluation_set", "fraud-validation");
    s.put("split", "validation");
    s.putNull("fold");
    s.put("sampled", false);
    s.put("task", "BINARY");
    s.put("outputs", 1);
    s.put("rows", Math.round(SIZE * share));
    s.put("expected_rows", SIZE);
    s.put("positives", Math.round(POSITIVES * share));
    s.put("duplicates", i == 7 ? 1 : 0);
    s.put("conflicts", i == 12 ? 1 : 0);
    s.put("weighted", false);
    s.putArray("slices").add("country");
    if (share >= 1) {
      for (int k = 0; k < 4; k++) {
        s.withArray("segments")
            .addObject()
            .put("file", "part-%d.parquet".formatted(k))
            .put("rows", SIZE / 4)
            .put("bytes", SIZE * 3);
      }
    }
    return record(topics.predictionSets(), setKey(runId, i), s, time(i));
  }

  /** A request's first pass of two is under way. */
  public static TopicRecord running(
      Topics topics, String id, String run, String checkpoint, int done, int total) {
    ObjectNode p = Json.MAPPER.createObjectNode();
    p.put("trigger_id", id).put("trigger", "request").put("run_id", run).put("attempt", -1);
    p.put("checkpoint", checkpoint).putNull("evaluation_set").put("split", "validation");
    p.putNull("fold").put("state", "RUNNING").put("ahead", 0).put("pass", 1).put("passes", 2);
    p.put("splits_done", done).put("splits_total", total).put("ts", 0);
    return record(topics.progress(), id, p, 0);
  }

  /** The training job says that it wrote a model checkpoint; Avro, as a client would send it. */
  public TopicRecord event(int i) {
    CheckpointEvent event =
        CheckpointEvent.newBuilder()
            .setRunId(runId)
            .setCheckpoint(checkpoint(i))
            .setStep(i * STEP_SIZE)
            .setEpoch(i * 0.4)
            .setEvaluationSet("fraud-validation")
            .setPath("file:///models/" + checkpoint(i) + ".ubj")
            .setEmittedAt(Instant.ofEpochMilli(time(i)))
            .build();
    return new TopicRecord(topics.checkpoints(), runId, EVENTS.encode(event), Map.of(), time(i));
  }

  /** The full tier is done with a checkpoint. */
  public TopicRecord evaluated(int i) {
    ObjectNode o = outcome(i, "EVALUATED", null);
    o.put("set_key", setKey(runId, i));
    o.put("request_hash", "0123456789abcdef");
    o.put("report_key", reportKey(i));
    o.putObject("cost").put("count_seconds", 0.12).put("resolve_seconds", 0.31).put("ranges", 4);
    o.set("report", report(i));
    return record(topics.reports(), reportKey(i), o, time(i) + 4_000);
  }

  /**
   * A request's report that sets a step's predictions against {@code other}'s, example by example.
   */
  public TopicRecord compared(String triggerId, int i, SyntheticRun other, int j) {
    ObjectNode report = report(i);
    report.set("comparison", comparison(i, other, j));
    return requested(triggerId, i, setKey(runId, i) + ":compared-with-" + j, report);
  }

  /** A request's report of any content. */
  public TopicRecord requested(String triggerId, int i, String reportKey, ObjectNode report) {
    ObjectNode o = outcome(i, "EVALUATED", null);
    o.put("trigger_id", triggerId).put("trigger", "request");
    o.put("set_key", setKey(runId, i));
    o.put("request_hash", reportKey.substring(reportKey.indexOf(':') + 1));
    o.put("report_key", reportKey);
    o.put("finished_at", time(i) + 60_000);
    o.set("report", report);
    return record(topics.reports(), reportKey, o, time(i) + 60_000);
  }

  private ObjectNode comparison(int i, SyntheticRun other, int j) {
    ObjectNode c = Json.MAPPER.createObjectNode();
    c.put("baseline", setKey(other.runId, j));
    c.putObject("join")
        .put("paired_by", "id")
        .put("rows", SIZE)
        .put("baseline_rows", SIZE)
        .put("joined", SIZE)
        .put("share", 1.0)
        .put("complete", true)
        .put("n", SIZE)
        .put("n_pos", POSITIVES);
    ArrayNode metrics = c.putArray("metrics");
    double[] mu = {separation(i, skill), separation(j, other.skill)};
    double[] ap = new double[2];
    double[] auc = new double[2];
    double[] brier = new double[2];
    for (int k = 0; k < 2; k++) {
      ap[k] = new Counts(SIZE, POSITIVES, mu[k]).averagePrecision();
      auc[k] = normalCdf(mu[k] / Math.sqrt(2));
      brier[k] = 0.00498 - 0.0004 * mu[k];
    }
    difference(metrics, "average_precision", ap, 0.004, true);
    difference(metrics, "roc_auc", auc, 0.2, true);
    difference(metrics, "brier", brier, 0.000002, false);
    c.put("p_adjustment", "holm").put("threshold", DECISION).put("baseline_threshold", DECISION);
    c.putObject("mcnemar")
        .put("both_right", SIZE - 500)
        .put("baseline_only", 70)
        .put("candidate_only", 130)
        .put("neither", 300)
        .put("p_value", 0.00002);
    ObjectNode flips = c.putObject("flips");
    flips.put("total", 200).put("raised", 150).put("lowered", 50);
    flips.put("mended", 130).put("broken", 70);
    flips.put("positive_raised", 120).put("positive_lowered", 40);
    flips.put("negative_raised", 30).put("negative_lowered", 10);
    flips.putObject("rate").put("value", 0.0002).put("ci_low", 0.00017).put("ci_high", 0.00023);
    return c;
  }

  private static void difference(
      ArrayNode out, String metric, double[] values, double width, boolean up) {
    double d = values[0] - values[1];
    boolean apart = Math.abs(d) > width;
    ObjectNode m = out.addObject();
    m.put("metric", metric).put("direction", up ? "higher_is_better" : "lower_is_better");
    m.put("value", values[0]).put("baseline", values[1]).put("difference", d);
    m.put("ci_low", d - width).put("ci_high", d + width).put("ci_method", "paired");
    m.put("level", 0.95).putNull("target").putNull("reason").putNull("ci_reason");
    m.put("p_value", apart ? 0.001 : 0.4).put("p_value_holm", apart ? 0.003 : 0.4);
    m.put("verdict", !apart ? "INDISTINGUISHABLE" : d > 0 == up ? "BETTER" : "WORSE");
  }

  /** A step's report, to be changed. */
  public ObjectNode reportOf(int i) {
    return report(i);
  }

  /** A trigger ended without a report. */
  public TopicRecord ended(int i, String state, String reason) {
    ObjectNode o = outcome(i, state, reason);
    o.putNull("report_key");
    o.putNull("report");
    return record(topics.reports(), o.get("trigger_id").asText(), o, time(i) + 30_000);
  }

  /** A request ended without a report. */
  public TopicRecord endedRequest(String triggerId, int i, String state, String reason) {
    ObjectNode o = outcome(i, state, reason);
    o.put("trigger_id", triggerId).put("trigger", "request");
    o.putNull("report_key");
    o.putNull("report");
    return record(topics.reports(), triggerId, o, time(i) + 30_000);
  }

  private ObjectNode outcome(int i, String state, String reason) {
    ObjectNode o = Json.MAPPER.createObjectNode();
    o.put("trigger_id", "checkpoint-" + Integer.toHexString(runId.hashCode()) + "-" + i);
    o.put("trigger", "checkpoint");
    o.put("state", state);
    o.put("reason", reason);
    o.put("run_id", runId);
    o.put("attempt", 0);
    o.put("checkpoint", checkpoint(i));
    o.put("step", i * STEP_SIZE);
    o.put("epoch", i * 0.4);
    o.put("evaluation_set", "fraud-validation");
    o.put("split", "validation");
    o.putNull("fold");
    o.put("triggered_at", time(i));
    o.put("finished_at", time(i) + 4_000);
    o.put("revision", 1);
    return o;
  }

  /** The run was told to stop, or to go on. */
  public TopicRecord signal(int i, String decision, String reason) {
    ObjectNode s = Json.MAPPER.createObjectNode();
    s.put("run_id", runId);
    s.put("attempt", 0);
    s.put("decision", decision);
    s.put("reason", reason);
    s.put("checkpoint", checkpoint(i));
    s.put("step", i * STEP_SIZE);
    s.put("best_checkpoint", checkpoint(i));
    s.put("metric", "average_precision");
    s.put("value", 0.31);
    s.put("ci_low", 0.3);
    s.put("ci_high", 0.32);
    s.put("ts", time(i));
    return record(topics.signals(), runId, s, time(i));
  }

  /** A gate has looked at a report. */
  public TopicRecord verdict(int i, String outcome, String reason) {
    ObjectNode v = Json.MAPPER.createObjectNode();
    v.put("run_id", runId);
    v.put("checkpoint", checkpoint(i));
    v.put("step", i * STEP_SIZE);
    v.put("gate", "release");
    v.put("outcome", outcome);
    v.putArray("reasons").add(reason);
    v.put("report_key", reportKey(i));
    v.put("ts", time(i));
    return record(topics.verdicts(), runId + checkpoint(i), v, time(i));
  }

  /** A message that ingest refused. */
  public static TopicRecord deadLetter(
      Topics topics, String reason, String topic, int partition, long offset, byte[] value) {
    return new TopicRecord(
        topics.deadLetters(),
        topic + "-" + partition + "-" + offset,
        value,
        Map.of(
            "reason",
            reason,
            "topic",
            topic,
            "partition",
            String.valueOf(partition),
            "offset",
            String.valueOf(offset)),
        System.currentTimeMillis());
  }

  private ObjectNode report(int i) {
    double mu = separation(i, skill);
    Counts counts = new Counts(SIZE, POSITIVES, mu);
    ObjectNode r = Json.MAPPER.createObjectNode();
    r.put("schema", "touchstone.report/1");
    r.put("n", SIZE);
    r.put("n_pos", POSITIVES);
    r.put("weight_total", SIZE);
    r.put("weight_pos", POSITIVES);
    r.set("metrics", fullMetrics(counts, mu, POSITIVES));
    ArrayNode sweep = r.putArray("sweep");
    for (int k = 0; k < 200; k++) {
      sweep.add(row(counts, POSITIVES, -1.5 + 6.5 * k / 199));
    }
    ArrayNode curve = r.putArray("curve");
    ObjectNode top = curve.addObject();
    top.putNull("threshold").put("threshold_reason", "above_every_score");
    top.put("tp", 0).put("fp", 0).putNull("precision");
    top.put("precision_reason", "no_predicted_positives").put("recall", 0.0).put("fpr", 0.0);
    for (int k = 600; k >= 0; k--) {
      curve.add(vertex(counts, -6 + 11.0 * k / 600));
    }
    ArrayNode points = r.putArray("operating_points");
    operatingPoint(
        points, "decision", row(counts, POSITIVES, zOf(DECISION)).put("threshold", DECISION));
    operatingPoint(points, "precision_at_recall_0.5", row(counts, POSITIVES, mu));
    ArrayNode calibration = r.putArray("calibration");
    for (int k = 0; k < 10; k++) {
      double score = 0.0004 * Math.pow(2.2, k);
      double rate = k == 0 ? 0 : Math.min(0.9, score * (1.25 - 0.05 * k));
      calibration
          .addObject()
          .put("low", score * 0.8)
          .put("high", score * 1.2)
          .put("weight", SIZE / 10)
          .put("mean_score", score)
          .put("positive_rate", rate)
          .put("ci_low", rate * 0.8)
          .put("ci_high", rate * 1.2 + 0.0001);
    }
    ArrayNode slices = r.putArray("slices");
    slices
        .addObject()
        .put("slice", "country=XK")
        .put("n", 900)
        .put("n_pos", 4)
        .put("reason", "too_few_positives")
        .setAll(Map.of("metrics", r.objectNode(), "differences", r.objectNode()));
    for (int c = 0; c < COUNTRIES.size(); c++) {
      double slice = c == 2 ? mu * (1 - 0.012 * i) : mu * (1 + 0.02 * c);
      long n = SIZE * (4 - c) / 10;
      ObjectNode s = slices.addObject();
      s.put("slice", "country=" + COUNTRIES.get(c));
      s.put("n", n);
      s.put("n_pos", n / 200);
      s.set("metrics", fullMetrics(new Counts(n, n / 200, slice), slice, n / 200));
      double gap = new Counts(n, n / 200, slice).averagePrecision() - counts.averagePrecision();
      s.putObject("differences")
          .putObject("average_precision")
          .put("value", gap * 1.1)
          .put("ci_low", gap * 1.1 - 0.012)
          .put("ci_high", gap * 1.1 + 0.012)
          .put("p_value", 0.01)
          .put("p_value_bh", 0.03);
    }
    r.putObject("provenance")
        .put("set_key", setKey(runId, i))
        .put("engine", "0.1.0")
        .put("dataset_digest", "sha256:5f1d…")
        .put("average_precision", "step sum");
    r.putObject("cost");
    return r;
  }

  private static void operatingPoint(ArrayNode out, String name, ObjectNode row) {
    ObjectNode point = out.addObject().put("name", name).putNull("reason");
    point.setAll(row);
  }

  private static ObjectNode fullMetrics(Counts counts, double mu, long pos) {
    ObjectNode m = Json.MAPPER.createObjectNode();
    double se = 0.45 / Math.sqrt(pos);
    double ap = counts.averagePrecision();
    double auc = normalCdf(mu / Math.sqrt(2));
    value(m, "average_precision", ap, se, "bootstrap", null);
    value(m, "roc_auc", auc, se / 5, "delong", null);
    value(m, "log_loss", 0.0315 - 0.0045 * mu, se / 60, "clt", null);
    value(m, "brier", 0.00498 - 0.0004 * mu, se / 400, "clt", null);
    double[] at = counts.at(zOf(DECISION));
    value(m, "precision", at[0] / (at[0] + at[1]), se, "wilson", null);
    value(m, "recall", at[0] / pos, se, "wilson", null);
    value(m, "precision_at_top_100", 0.86, 0, null, null);
    value(m, "recall_at_top_100", 86.0 / pos, 0, null, null);
    m.set("max_f1", m.objectNode().put("value", 0.33).put("ci_reason", "threshold_selected"));
    for (String name : List.of("ci_low", "ci_high", "ci_method", "level", "target", "reason")) {
      ((ObjectNode) m.get("max_f1")).putNull(name);
    }
    ObjectNode ece = m.putObject("ece");
    ece.putNull("value").putNull("ci_low").putNull("ci_high").putNull("ci_method");
    ece.putNull("level").putNull("target");
    ece.put("reason", "calibration is not part of this request");
    return m;
  }

  private static void value(
      ObjectNode m, String name, double value, double se, String method, String reason) {
    ObjectNode v = m.putObject(name);
    v.put("value", value);
    v.put("ci_low", Math.max(0, value - 1.96 * se));
    v.put("ci_high", value + 1.96 * se);
    v.put("ci_method", method);
    v.put("level", 0.95);
    v.putNull("target");
    v.put("reason", reason);
  }

  private static ObjectNode row(Counts counts, long pos, double z) {
    double[] at = counts.at(z);
    long tp = Math.round(at[0]);
    long fp = Math.round(at[1]);
    long fn = pos - tp;
    ObjectNode row = Json.MAPPER.createObjectNode();
    row.put("threshold", scoreOf(z));
    row.put("tp", tp);
    row.put("fp", fp);
    row.put("fn", fn);
    row.put("tn", counts.size - pos - fp);
    if (tp + fp == 0) {
      row.putNull("precision");
    } else {
      row.put("precision", (double) tp / (tp + fp));
    }
    row.put("recall", (double) tp / pos);
    row.put("f1", 2.0 * tp / (2.0 * tp + fp + fn));
    return row;
  }

  private static ObjectNode vertex(Counts counts, double z) {
    double[] at = counts.at(z);
    long tp = Math.round(at[0]);
    long fp = Math.round(at[1]);
    ObjectNode row = Json.MAPPER.createObjectNode();
    row.put("threshold", scoreOf(z));
    row.put("tp", tp).put("fp", fp);
    if (tp + fp == 0) {
      row.putNull("precision");
    } else {
      row.put("precision", (double) tp / (tp + fp));
    }
    row.put("recall", (double) tp / counts.pos);
    row.put("fpr", (double) fp / (counts.size - counts.pos));
    return row;
  }

  /** Distance of the class means, in standard deviations. */
  private static double separation(int i, double skill) {
    double learned = 1 - Math.exp(-i / 7.0);
    double wobble = 0.05 * Math.sin(i * 1.7) * Math.exp(-i / 12.0);
    return 0.6 + (1.75 * learned + wobble) * skill;
  }

  private static double scoreOf(double z) {
    return 1 / (1 + Math.exp(-(2.326 * z - 2.706 - 5.293)));
  }

  private static double zOf(double score) {
    return (Math.log(score / (1 - score)) + 2.706 + 5.293) / 2.326;
  }

  private record Counts(long size, long pos, double mu) {

    /** Expected true and false positives at z ≥ threshold. */
    double[] at(double z) {
      return new double[] {pos * normalCdf(mu - z), (size - pos) * normalCdf(-z)};
    }

    double averagePrecision() {
      double ap = 0;
      double before = 0;
      for (double z = 6; z > -6; z -= 0.01) {
        double[] at = at(z);
        double recall = at[0] / pos;
        ap += (recall - before) * at[0] / (at[0] + at[1]);
        before = recall;
      }
      return ap;
    }
  }

  /** Abramowitz and Stegun 7.1.26: good to 1.5e-7, plenty for made-up data. */
  private static double normalCdf(double x) {
    double t = 1 / (1 + 0.3275911 * Math.abs(x) / Math.sqrt(2));
    double poly =
        t
            * (0.254829592
                + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    double erf = 1 - poly * Math.exp(-x * x / 2);
    return x >= 0 ? (1 + erf) / 2 : (1 - erf) / 2;
  }

  private static TopicRecord record(String topic, String key, ObjectNode json, long ts) {
    return new TopicRecord(
        topic, key, json.toString().getBytes(StandardCharsets.UTF_8), Map.of(), ts);
  }
}
