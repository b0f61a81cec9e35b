package dev.touchstone.server.view;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.touchstone.schemas.CloudEvents;
import dev.touchstone.schemas.Codec;
import dev.touchstone.schemas.MalformedMessageException;
import dev.touchstone.schemas.PlainJson;
import dev.touchstone.schemas.Topics;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.avro.Schema;

/**
 * What the engine has said so far, compacted by the topics' upsert keys and bounded by {@link
 * ViewLimits}. Records may come in any order between topics and more than once: the view ends up
 * the same.
 *
 * <p>Thread-safe: one writer feeds it while many readers ask. Answers are copies.
 */
public final class EngineView {

  private static final String HEADLINE_METRIC = "average_precision";
  private static final int TRAIL = 40;
  // outcomes that refer to a report that has not been read yet; the topic's order makes them rare
  private static final int MAX_UNRESOLVED = 1_000;
  // there are six; a newer engine may have some more
  private static final int MAX_STATES = 20;

  @FunctionalInterface
  private interface Reader {
    void read(TopicRecord record) throws IOException, MalformedMessageException;
  }

  private final ViewLimits limits;
  private final Consumer<Change> listener;
  private final String metricsTopic;
  private final Map<String, Reader> readers = new HashMap<>();
  private final Codec<dev.touchstone.schemas.avro.CheckpointEvent> checkpointCodec =
      Codec.of(dev.touchstone.schemas.avro.CheckpointEvent.class);
  private final Codec<dev.touchstone.schemas.avro.EvaluationRequest> requestCodec =
      Codec.of(dev.touchstone.schemas.avro.EvaluationRequest.class);

  private final Map<String, RunState> runs = new LinkedHashMap<>();
  private final Map<String, SetManifest> sets = new LinkedHashMap<>();
  private final Set<Evaluation> evaluations = new LinkedHashSet<>();
  private final Map<String, Evaluation> evaluationById = new HashMap<>();
  private final Map<Subject, Evaluation> evaluationBySubject = new HashMap<>();
  private final Map<String, List<Outcome>> unresolved = new LinkedHashMap<>();
  private final ReportStore reports;
  private final DeadLetterLog deadLetters;
  private final Map<String, Long> records = new TreeMap<>();
  private final Map<String, Long> lastRecords = new TreeMap<>();
  private final Map<String, Long> outcomes = new TreeMap<>();
  private final Map<String, Long> unreadable = new TreeMap<>();
  private String lastUnreadable;
  private int points;

  /** Summaries of runs that were made under another number are old. */
  private long summariesSince;

  private long droppedRuns;
  private long droppedSeriesPoints;

  /**
   * @param listener is told of every change, in order, while the view is locked: it must be quick
   */
  public EngineView(Topics topics, ViewLimits limits, Consumer<Change> listener) {
    this.limits = limits;
    this.listener = listener;
    this.metricsTopic = topics.metrics();
    this.reports = new ReportStore(limits.reportBytes());
    this.deadLetters = new DeadLetterLog(limits.deadLetters());
    readers.put(topics.metrics(), this::readMetric);
    readers.put(topics.predictionSets(), this::readSet);
    readers.put(topics.reports(), this::readReport);
    readers.put(topics.progress(), this::readProgress);
    readers.put(topics.signals(), this::readSignal);
    readers.put(topics.verdicts(), this::readVerdict);
    readers.put(topics.checkpoints(), this::readCheckpoint);
    readers.put(topics.evaluationRequests(), this::readRequest);
    readers.put(topics.deadLetters(), this::readDeadLetter);
  }

  /** The topics that {@link #accept} understands. */
  public Set<String> topics() {
    return Set.copyOf(readers.keySet());
  }

  /**
   * Takes a record in. One that is not what its topic promises is counted and otherwise ignored: a
   * bad message must not blind the page.
   */
  public synchronized void accept(TopicRecord record) {
    Reader reader = readers.get(record.topic());
    if (reader == null) {
      return;
    }
    if (!record.topic().equals(metricsTopic)) {
      summariesSince++; // a point changes its own run only; what others may change isn't sorted out
    }
    records.merge(record.topic(), 1L, Long::sum);
    lastRecords.merge(record.topic(), record.timestampMillis(), Math::max);
    try {
      reader.read(record);
    } catch (IOException | MalformedMessageException | IllegalArgumentException e) {
      unreadable.merge(record.topic(), 1L, Long::sum);
      lastUnreadable = record.topic() + ": " + rootMessage(e);
    }
  }

  /** Takes in a request that was just written, before the topic brings it back. */
  public synchronized void accept(EvaluationRequest request) {
    summariesSince++;
    apply(request);
  }

  // ------------------------------------------------------------------ what each topic says

  private void readMetric(TopicRecord record) throws IOException {
    if (record.value() == null) {
      return;
    }
    MetricPoint point = Json.MAPPER.readValue(record.value(), MetricPoint.class);
    RunState run = runFor(point.runId(), record.timestampMillis(), point.attempt());
    if (!point.checkpoint().isEmpty()) { // a figure of the training job is of none
      run.checkpoint(point.checkpoint()).seenAt(point.attempt(), point.step(), point.epoch());
    }
    upsert(run, point, false);
  }

  private void upsert(RunState run, MetricPoint wire, boolean onlyIfAbsent) {
    Series series = run.series(wire);
    if (series == null) {
      droppedSeriesPoints++;
      return;
    }
    Point point = Point.of(wire, run.names);
    if (onlyIfAbsent && series.contains(point)) {
      return;
    }
    int before = series.size();
    boolean changed = series.upsert(point);
    run.points += series.size() - before;
    points += series.size() - before;
    if (changed) {
      listener.accept(new Change("point", run.id, wire));
    }
    dropRunsBeyondLimits(run);
  }

  private void readSet(TopicRecord record) throws IOException {
    if (record.value() == null) {
      forgetSet(record.key());
      return;
    }
    SetManifest set = Json.MAPPER.readValue(record.value(), SetManifest.class);
    SetManifest old = sets.remove(set.setKey());
    sets.put(set.setKey(), set);
    for (SetManifest.Claim claim : set.claims()) {
      RunState run = runFor(claim.runId(), record.timestampMillis(), claim.attempt());
      CheckpointState checkpoint = run.checkpoint(claim.checkpoint());
      checkpoint.seenAt(claim.attempt(), claim.step(), claim.epoch());
      checkpoint.setKeys.add(set.setKey());
      dropRunsBeyondLimits(run);
    }
    if (sets.size() > limits.sets()) {
      forgetSet(sets.keySet().iterator().next());
    }
    if (!set.equals(old)) {
      String runId = set.claims().size() == 1 ? set.claims().get(0).runId() : null;
      listener.accept(new Change("set", runId, SetSummary.of(set)));
    }
  }

  private void forgetSet(String key) {
    SetManifest gone = sets.remove(key);
    if (gone != null) {
      for (SetManifest.Claim claim : gone.claims()) {
        RunState run = runs.get(claim.runId());
        CheckpointState checkpoint = run == null ? null : run.checkpoints.get(claim.checkpoint());
        if (checkpoint != null) {
          checkpoint.setKeys.remove(key);
        }
      }
    }
  }

  private void readReport(TopicRecord record) throws IOException {
    if (record.value() == null) {
      return;
    }
    JsonNode tree = Json.MAPPER.readTree(record.value());
    if (!(tree instanceof ObjectNode envelope)) {
      throw new IllegalArgumentException("a report must be a JSON object");
    }
    JsonNode body = envelope.remove("report");
    Outcome outcome = Json.MAPPER.treeToValue(envelope, Outcome.class);
    RunState run = runFor(outcome.runId(), record.timestampMillis(), outcome.attempt());
    CheckpointState checkpoint = run.checkpoint(outcome.checkpoint());
    checkpoint.seenAt(outcome.attempt(), outcome.step(), outcome.epoch());
    Evaluation evaluation = evaluationOf(outcome, checkpoint);
    boolean news = evaluation.ended(outcome);
    if (news && (outcomes.containsKey(outcome.state()) || outcomes.size() < MAX_STATES)) {
      outcomes.merge(outcome.state(), 1L, Long::sum);
    }
    if (outcome.reportKey() != null && body != null && body.isObject()) {
      reports.put(outcome, Json.MAPPER.writeValueAsBytes(body));
      fullPoints(outcome, body);
      for (Outcome waiting : orEmpty(unresolved.remove(outcome.reportKey()))) {
        fullPoints(waiting, body);
      }
    } else if (outcome.hasReport()) {
      byte[] known = reports.body(outcome.reportKey());
      if (known != null) {
        fullPoints(outcome, Json.MAPPER.readTree(known));
      } else if (unresolved.size() < MAX_UNRESOLVED) {
        unresolved.computeIfAbsent(outcome.reportKey(), k -> new ArrayList<>()).add(outcome);
      }
    }
    if (news) {
      listener.accept(new Change("evaluation", run.id, status(evaluation)));
    }
    dropRunsBeyondLimits(run);
    dropEvaluationsBeyondLimit();
  }

  private Evaluation evaluationOf(Outcome outcome, CheckpointState checkpoint) {
    Evaluation known = evaluationById.get(outcome.triggerId());
    boolean byCheckpoint = outcome.trigger().equals(Evaluation.BY_CHECKPOINT);
    if (known == null && byCheckpoint) {
      known = evaluationBySubject.get(Subject.of(outcome));
    }
    if (known == null) {
      known = Evaluation.of(outcome);
      evaluations.add(known);
      checkpoint.evaluations.add(known);
    }
    evaluationById.put(outcome.triggerId(), known);
    if (byCheckpoint) {
      evaluationBySubject.put(Subject.of(outcome), known);
    }
    return known;
  }

  /** The values of a report as full-tier points, where the metrics topic has not brought them. */
  private void fullPoints(Outcome outcome, JsonNode report) {
    RunState run = runs.get(outcome.runId());
    if (run == null || outcome.step() < 0) {
      return;
    }
    fullPoints(run, outcome, "", report);
    for (JsonNode slice : report.path("slices")) {
      fullPoints(run, outcome, slice.path("slice").asText(""), slice);
    }
  }

  private void fullPoints(RunState run, Outcome o, String slice, JsonNode part) {
    for (Map.Entry<String, JsonNode> metric : part.path("metrics").properties()) {
      JsonNode m = metric.getValue();
      if (metric.getKey().isEmpty() || !m.isObject()) {
        continue;
      }
      MetricPoint point =
          new MetricPoint(
              o.finishedAt(),
              o.runId(),
              o.attempt(),
              null,
              o.checkpoint(),
              o.step(),
              o.epoch(),
              "full",
              o.evaluationSet(),
              o.split(),
              "",
              slice,
              metric.getKey(),
              number(m, "value"),
              number(m, "ci_low"),
              number(m, "ci_high"),
              m.path("ci_method").textValue(),
              number(m, "level"),
              m.path("target").textValue(),
              null,
              null,
              part.path("n").asLong(),
              part.path("n_pos").asLong(),
              "COMPLETE",
              "UNKNOWN",
              m.path("reason").textValue(),
              o.revision());
      upsert(run, point, true);
    }
  }

  private static Double number(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isNumber() ? value.doubleValue() : null;
  }

  private void readProgress(TopicRecord record) throws IOException {
    if (record.value() == null) {
      // it has ended: the outcome says how
      return;
    }
    EvaluationProgress progress = Json.MAPPER.readValue(record.value(), EvaluationProgress.class);
    Evaluation known = evaluationById.get(progress.triggerId());
    if (known == null && progress.trigger().equals(Evaluation.BY_CHECKPOINT)) {
      known = evaluationBySubject.get(Subject.of(progress));
      if (known != null) {
        evaluationById.put(progress.triggerId(), known);
      }
    }
    // progress of a trigger that has not been read yet is soon followed by more
    if (known != null && known.progressed(progress)) {
      listener.accept(new Change("evaluation", known.runId(), status(known)));
    }
  }

  private void readSignal(TopicRecord record) throws IOException {
    if (record.value() == null) {
      return;
    }
    Signal signal = Json.MAPPER.readValue(record.value(), Signal.class);
    RunState run = runFor(signal.runId(), record.timestampMillis(), signal.attempt());
    if (!signal.equals(run.signal)) {
      run.heard(signal);
      listener.accept(new Change("signal", run.id, signal));
    }
    dropRunsBeyondLimits(run);
  }

  private void readVerdict(TopicRecord record) throws IOException {
    if (record.value() == null) {
      return;
    }
    Verdict verdict = Json.MAPPER.readValue(record.value(), Verdict.class);
    RunState run = runFor(verdict.runId(), record.timestampMillis(), 0);
    CheckpointState checkpoint = run.checkpoint(verdict.checkpoint());
    checkpoint.seenAt(0, verdict.step(), null);
    if (!verdict.equals(checkpoint.verdicts.put(verdict.gate(), verdict))) {
      listener.accept(new Change("verdict", run.id, verdict));
    }
    dropRunsBeyondLimits(run);
  }

  private void readCheckpoint(TopicRecord record) throws IOException, MalformedMessageException {
    if (record.value() == null) {
      return;
    }
    JsonNode json =
        PlainJson.write(
            checkpointCodec.decode(
                unwrap(dev.touchstone.schemas.avro.CheckpointEvent.getClassSchema(), record)));
    CheckpointEvent event = Json.MAPPER.treeToValue(json, CheckpointEvent.class);
    RunState run = runFor(event.runId(), record.timestampMillis(), event.attempt());
    CheckpointState checkpoint = run.checkpoint(event.checkpoint());
    checkpoint.seenAt(event.attempt(), event.step(), event.epoch());
    checkpoint.modelDigest = event.modelDigest();
    checkpoint.path = event.path();
    Evaluation known = evaluationBySubject.get(Subject.of(event));
    if (known == null) {
      known = Evaluation.of(event);
      evaluations.add(known);
      checkpoint.evaluations.add(known);
      evaluationBySubject.put(Subject.of(event), known);
    } else {
      known.announced(event);
    }
    listener.accept(new Change("checkpoint", run.id, event));
    dropRunsBeyondLimits(run);
    dropEvaluationsBeyondLimit();
  }

  private void readRequest(TopicRecord record) throws IOException, MalformedMessageException {
    if (record.value() == null) {
      return;
    }
    JsonNode json =
        PlainJson.write(
            requestCodec.decode(
                unwrap(dev.touchstone.schemas.avro.EvaluationRequest.getClassSchema(), record)));
    apply(Json.MAPPER.treeToValue(json, EvaluationRequest.class));
  }

  private static byte[] unwrap(Schema schema, TopicRecord record) throws MalformedMessageException {
    return CloudEvents.unwrap(schema, record.headers(), record.value());
  }

  private void apply(EvaluationRequest request) {
    Evaluation known = evaluationById.get(request.requestId());
    if (known != null) {
      // the same id asks once: the first to be read is the one that the engine answers
      if (known.request() == null && known.trigger().equals(Evaluation.BY_REQUEST)) {
        known.asked(request);
      }
      return;
    }
    // a request does not make a run: until predictions or an outcome name it, it stands alone
    Evaluation asked = Evaluation.of(request);
    evaluations.add(asked);
    evaluationById.put(request.requestId(), asked);
    RunState run = runs.get(request.runId());
    if (run != null) {
      run.checkpoint(request.checkpoint()).evaluations.add(asked);
    }
    listener.accept(new Change("evaluation", request.runId(), status(asked)));
    dropEvaluationsBeyondLimit();
  }

  private void readDeadLetter(TopicRecord record) {
    DeadLetter letter = DeadLetter.of(record);
    deadLetters.add(letter);
    listener.accept(new Change("dead_letter", null, letter));
  }

  // ------------------------------------------------------------------ limits

  private RunState runFor(String runId, long millis, int attempt) {
    RunState run = runs.get(runId);
    if (run == null) {
      run = new RunState(runId, limits);
      runs.put(runId, run);
      adoptRequests(run);
    }
    run.seenAt(millis, attempt);
    run.summary = null;
    return run;
  }

  /** Requests that were read before their run was known belong to its checkpoints. */
  private void adoptRequests(RunState run) {
    for (Evaluation e : evaluations) {
      if (e.runId().equals(run.id)) {
        run.checkpoint(e.checkpoint()).evaluations.add(e);
      }
    }
  }

  private void dropRunsBeyondLimits(RunState newest) {
    while (runs.size() > 1 && (runs.size() > limits.runs() || points > limits.points())) {
      RunState oldest =
          runs.values().stream()
              .filter(r -> r != newest)
              .min(Comparator.comparingLong(r -> r.lastSeen))
              .orElseThrow();
      drop(oldest);
    }
  }

  private void drop(RunState run) {
    runs.remove(run.id);
    summariesSince++;
    points -= run.points;
    droppedRuns++;
    evaluations.removeIf(
        e -> {
          boolean gone = e.runId().equals(run.id);
          if (gone) {
            unindex(e);
          }
          return gone;
        });
    sets.values()
        .removeIf(
            s ->
                !s.claims().isEmpty()
                    && s.claims().stream().noneMatch(c -> runs.containsKey(c.runId())));
  }

  private void dropEvaluationsBeyondLimit() {
    Iterator<Evaluation> oldest = evaluations.iterator();
    while (evaluations.size() > limits.evaluations()) {
      Evaluation gone = oldest.next();
      oldest.remove();
      unindex(gone);
      RunState run = runs.get(gone.runId());
      CheckpointState checkpoint = run == null ? null : run.checkpoints.get(gone.checkpoint());
      if (checkpoint != null) {
        checkpoint.evaluations.remove(gone);
      }
    }
  }

  private void unindex(Evaluation evaluation) {
    evaluationById.values().removeIf(e -> e == evaluation);
    evaluationBySubject.values().removeIf(e -> e == evaluation);
  }

  // ------------------------------------------------------------------ answers

  /** All runs, the one heard last first. */
  public synchronized List<RunSummary> runs(Instant now) {
    return runs.values().stream()
        .map(r -> summary(r, now))
        .sorted(
            Comparator.comparingLong(RunSummary::lastSeen)
                .reversed()
                .thenComparing(RunSummary::runId))
        .toList();
  }

  /** Metrics that a run has a curve of over all examples, by name. */
  public synchronized Set<String> metrics() {
    Set<String> metrics = new TreeSet<>();
    for (RunState run : runs.values()) {
      for (SeriesKey key : run.series.keySet()) {
        if (key.isOverall() && !metrics.contains(key.metric()) && !RunFigures.has(key.metric())) {
          metrics.add(key.metric());
        }
      }
    }
    return metrics;
  }

  /** All about one run but its curves. */
  public Optional<RunDetail> run(String runId, Instant now) {
    return run(runId, now, metric -> true);
  }

  /**
   * All about one run but its curves.
   *
   * @param wanted metrics whose value at each model checkpoint is told; the last ones are for all
   */
  public synchronized Optional<RunDetail> run(String runId, Instant now, Predicate<String> wanted) {
    return Optional.ofNullable(runs.get(runId)).map(r -> detail(r, now, wanted));
  }

  /**
   * Curves of those of the runs that are known, at most {@code maxPoints} points of each.
   *
   * @param wanted which curves
   */
  public synchronized List<ThinCurve> curves(
      Collection<String> runIds, Predicate<SeriesKey> wanted, int maxPoints) {
    List<ThinCurve> found = new ArrayList<>();
    for (String runId : runIds) {
      RunState run = runs.get(runId);
      if (run != null) {
        run.series.forEach(
            (key, series) -> {
              if (wanted.test(key)) {
                Boolean direction = MetricDirection.higherIsBetter(key.metric());
                found.add(new ThinCurve(run.id, key, direction, series.columns(maxPoints)));
              }
            });
      }
    }
    return found;
  }

  /** The curves of a run for which {@code wanted} holds; empty if the run is not known. */
  public synchronized Optional<SeriesAnswer> series(String runId, Predicate<SeriesKey> wanted) {
    return Optional.ofNullable(runs.get(runId))
        .map(
            run ->
                new SeriesAnswer(
                    run.id,
                    run.series.entrySet().stream()
                        .filter(e -> wanted.test(e.getKey()))
                        .map(e -> curve(e.getKey(), e.getValue()))
                        .toList()));
  }

  /** A checkpoint of a run. */
  public synchronized Optional<CheckpointSummary> checkpoint(String runId, String checkpointId) {
    return Optional.ofNullable(runs.get(runId))
        .flatMap(
            run ->
                Optional.ofNullable(run.checkpoints.get(checkpointId))
                    .map(
                        c ->
                            summary(
                                run,
                                c,
                                values(run, true, m -> true),
                                values(run, false, m -> true))));
  }

  /**
   * The newest report on a checkpoint.
   *
   * @param evaluationSet null: any; likewise {@code split}
   */
  public synchronized Optional<ReportDocument> reportOn(
      String runId, String checkpointId, String evaluationSet, String split) {
    RunState run = runs.get(runId);
    CheckpointState checkpoint = run == null ? null : run.checkpoints.get(checkpointId);
    if (checkpoint == null) {
      return Optional.empty();
    }
    return checkpoint.evaluations.stream()
        .filter(Evaluation::hasReport)
        .filter(e -> evaluationSet == null || evaluationSet.equals(e.evaluationSet()))
        .filter(e -> split == null || split.equals(e.split()))
        .map(Evaluation::outcome)
        .sorted(Comparator.comparingLong(Outcome::finishedAt).reversed())
        .flatMap(o -> document(o).stream())
        .findFirst();
  }

  /** The report of that key. */
  public synchronized Optional<ReportDocument> report(String reportKey) {
    return Optional.ofNullable(reports.outcome(reportKey)).flatMap(this::document);
  }

  private Optional<ReportDocument> document(Outcome outcome) {
    byte[] body = reports.body(outcome.reportKey());
    return body == null ? Optional.empty() : Optional.of(new ReportDocument(outcome, body));
  }

  /** Evaluations, newest trigger first. */
  public synchronized List<EvaluationStatus> evaluations(String runId, String state, int limit) {
    return evaluations.stream()
        .filter(e -> runId == null || runId.equals(e.runId()))
        .sorted(Comparator.comparingLong(Evaluation::triggeredAt).reversed())
        .map(this::status)
        .filter(s -> state == null || state.equals(s.state()))
        .limit(limit)
        .toList();
  }

  /** The evaluation of that trigger id. */
  public synchronized Optional<EvaluationStatus> evaluation(String id) {
    return Optional.ofNullable(evaluationById.get(id)).map(this::status);
  }

  /** The request of that id, as it was asked; empty for other triggers. */
  public synchronized Optional<EvaluationRequest> request(String id) {
    return Optional.ofNullable(evaluationById.get(id)).map(Evaluation::request);
  }

  /** The manifests of sets that hold those predictions, in no order of meaning. */
  public synchronized List<SetManifest> predictionSets(ContentKey wanted) {
    return sets.values().stream().filter(wanted::isOf).toList();
  }

  /** Refused messages. */
  public synchronized DeadLetterSummary deadLetters() {
    return deadLetters.summary();
  }

  /** How much the view holds. */
  public synchronized ViewStatus status() {
    return new ViewStatus(
        runs.size(),
        runs.values().stream().mapToInt(r -> r.series.size()).sum(),
        points,
        sets.size(),
        evaluations.size(),
        (int) evaluations.stream().filter(Evaluation::isPending).count(),
        reports.size(),
        reports.bytes(),
        new TreeMap<>(records),
        new TreeMap<>(lastRecords),
        new TreeMap<>(outcomes),
        new TreeMap<>(unreadable),
        lastUnreadable,
        droppedRuns,
        droppedSeriesPoints,
        reports.dropped());
  }

  /**
   * Kept while nothing of the run changes: a list asks hundreds of runs, each with hundreds of
   * model checkpoints.
   */
  private RunSummary summary(RunState run, Instant now) {
    if (run.summary == null || run.summarySince != summariesSince) {
      run.summary = summary(run);
      run.summarySince = summariesSince;
    }
    return run.summary.withStatus(standing(run, now));
  }

  private RunSummary summary(RunState run) {
    List<SetManifest> runSets = setsOf(run.checkpoints.values());
    int evaluated = 0;
    int waiting = 0;
    for (CheckpointState c : run.checkpoints.values()) {
      boolean hasReport = false;
      for (Evaluation e : c.evaluations) {
        hasReport |= e.hasReport();
        waiting += e.isPending() ? 1 : 0;
      }
      evaluated += hasReport ? 1 : 0;
    }
    Place last =
        run.series.values().stream()
            .map(Series::lastPlace)
            .filter(Objects::nonNull)
            .max(Comparator.comparingInt(Place::attempt).thenComparingLong(Place::step))
            .orElse(null);
    run.open = waiting > 0 || runSets.stream().anyMatch(s -> s.state().equals("RECEIVING"));
    boolean sizesKnown = runSets.stream().allMatch(s -> s.expectedRows() != null);
    return new RunSummary(
        run.id,
        run.attempt,
        null,
        run.firstSeen,
        run.lastSeen,
        last == null ? null : last.step(),
        last == null ? null : last.epoch(),
        run.checkpoints.size(),
        evaluated,
        waiting,
        runSets.stream().mapToLong(SetManifest::rows).sum(),
        sizesKnown ? runSets.stream().mapToLong(SetManifest::expectedRows).sum() : null,
        runSets.stream().mapToLong(SetManifest::duplicates).sum(),
        runSets.stream().mapToLong(SetManifest::conflicts).sum(),
        deadLetters.ofRun(run.id),
        run.signal == null ? null : run.signal.decision(),
        RunFigures.count(run, RunFigures.FULL_EVALUATIONS_AVOIDED),
        RunFigures.count(run, RunFigures.INFERENCE_AVOIDED),
        headline(run));
  }

  private RunStatus standing(RunState run, Instant now) {
    if (now.toEpochMilli() - run.lastSeen <= limits.live().toMillis()) {
      return RunStatus.LIVE;
    }
    if (run.signal != null && run.signal.isStop()) {
      return RunStatus.STOPPED;
    }
    return run.open ? RunStatus.STALE : RunStatus.FINISHED;
  }

  private List<SetManifest> setsOf(Collection<CheckpointState> checkpoints) {
    return checkpoints.stream()
        .filter(c -> !c.setKeys.isEmpty()) // a list of runs asks all of their model checkpoints
        .flatMap(c -> c.setKeys.stream().sorted())
        .distinct()
        .map(sets::get)
        .filter(Objects::nonNull)
        .toList();
  }

  private static Headline headline(RunState run) {
    SeriesKey key =
        run.series.keySet().stream()
            .filter(k -> k.isOverall() && !RunFigures.has(k.metric()))
            .max(
                Comparator.comparing((SeriesKey k) -> k.metric().equals(HEADLINE_METRIC))
                    .thenComparing(SeriesKey::isProxy)
                    .thenComparing(k -> run.series.get(k).size())
                    .thenComparing(k -> k.sample().isEmpty())
                    .thenComparing(Comparator.reverseOrder()))
            .orElse(null);
    if (key == null) {
      return null;
    }
    Boolean direction = MetricDirection.higherIsBetter(key.metric());
    boolean higher = direction == null || direction;
    Series proxy = key.isProxy() ? run.series.get(key) : null;
    Series full = run.series.get(exactOf(key));
    return new Headline(
        key.metric(),
        direction,
        proxy == null ? null : value(proxy.last()),
        proxy == null ? null : value(proxy.best(higher)),
        full == null ? null : value(full.last()),
        full == null ? null : value(full.best(higher)),
        (proxy != null ? proxy : full).trail(TRAIL));
  }

  /** What the full tier says of the same: it knows whole sets only. */
  private static SeriesKey exactOf(SeriesKey key) {
    return new SeriesKey(key.metric(), "full", key.slice(), key.evaluationSet(), key.split(), "");
  }

  private static Value value(Point point) {
    return point == null ? null : Value.of(point);
  }

  private RunDetail detail(RunState run, Instant now, Predicate<String> wanted) {
    Map<String, Map<String, Value>> proxies = values(run, true, wanted);
    Map<String, Map<String, Value>> full = values(run, false, wanted);
    Set<RunDetail.EvaluationSet> evaluationSets = new LinkedHashSet<>();
    Set<String> slices = new TreeSet<>();
    Set<String> metrics = new TreeSet<>();
    for (SeriesKey k : run.series.keySet()) {
      evaluationSets.add(new RunDetail.EvaluationSet(k.evaluationSet(), k.split(), k.sample()));
      slices.add(k.slice());
      if (!RunFigures.has(k.metric())) {
        metrics.add(k.metric());
      }
    }
    List<CheckpointState> byStep = run.checkpointsByStep();
    return new RunDetail(
        summary(run, now),
        List.copyOf(metrics),
        List.copyOf(slices),
        List.copyOf(evaluationSets),
        newest(run),
        byStep.stream().map(c -> summary(run, c, proxies, full)).toList(),
        setsOf(byStep).stream().map(SetSummary::of).toList(),
        run.signal,
        List.copyOf(run.stops),
        byStep.stream().flatMap(c -> c.verdicts.values().stream()).toList());
  }

  /** The last overall value of each metric, of the evaluation set that got furthest. */
  private static Map<String, RunDetail.Newest> newest(RunState run) {
    Map<String, RunDetail.Newest> newest = new TreeMap<>();
    run.series.forEach(
        (key, series) -> {
          if (key.isOverall() && series.last() != null) {
            newest.merge(
                key.metric(),
                RunDetail.Newest.of(key, Value.of(series.last())),
                RunDetail.Newest::furthest);
          }
        });
    return newest;
  }

  private CheckpointSummary summary(
      RunState run,
      CheckpointState c,
      Map<String, Map<String, Value>> proxies,
      Map<String, Map<String, Value>> full) {
    Evaluation leading = c.leading();
    EvaluationStatus speaks = leading == null ? null : status(leading);
    return new CheckpointSummary(
        c.id,
        c.stepIfKnown(),
        c.epoch,
        c.attempt,
        c.modelDigest,
        c.path,
        speaks == null ? "PROXY" : speaks.state(),
        speaks == null ? null : speaks.reason(),
        speaks == null ? null : speaks.reportKey(),
        proxies.getOrDefault(c.id, Map.of()),
        full.getOrDefault(c.id, Map.of()),
        c.evaluations.stream().map(this::status).toList(),
        List.copyOf(c.verdicts.values()));
  }

  /** The newest overall value of each metric, by checkpoint. */
  private static Map<String, Map<String, Value>> values(
      RunState run, boolean proxy, Predicate<String> wanted) {
    Map<String, Map<String, Value>> byCheckpoint = new HashMap<>();
    run.series.forEach(
        (key, series) -> {
          if (key.isOverall() && key.isProxy() == proxy && wanted.test(key.metric())) {
            for (Point p : series.points()) {
              byCheckpoint
                  .computeIfAbsent(p.checkpoint(), c -> new TreeMap<>())
                  .put(key.metric(), Value.of(p));
            }
          }
        });
    return byCheckpoint;
  }

  private static SeriesAnswer.Curve curve(SeriesKey key, Series series) {
    return new SeriesAnswer.Curve(
        key.metric(),
        key.tier(),
        key.slice(),
        key.evaluationSet(),
        key.split(),
        key.sample(),
        MetricDirection.higherIsBetter(key.metric()),
        series.points());
  }

  private EvaluationStatus status(Evaluation e) {
    Outcome o = e.outcome();
    if (o != null) {
      return new EvaluationStatus(
          e.id(),
          e.trigger(),
          o.state(),
          o.reason(),
          e.runId(),
          e.checkpoint(),
          o.evaluationSet(),
          o.split(),
          o.fold(),
          o.setKey(),
          o.reportKey(),
          o.revision(),
          e.triggeredAt(),
          o.finishedAt(),
          null);
    }
    EvaluationProgress progress = e.progress();
    boolean running = progress != null && progress.isRunning();
    SetManifest set = awaited(e);
    boolean complete = set != null && set.state().equals("COMPLETE");
    return new EvaluationStatus(
        e.id(),
        e.trigger(),
        running || complete && progress == null ? "EVALUATING" : "WAITING",
        progress != null
            ? progress.inWords()
            : set == null ? new Missing(runs, sets).inWords(e) : progress(set),
        e.runId(),
        e.checkpoint(),
        e.evaluationSet(),
        e.split(),
        e.fold(),
        set == null ? null : set.setKey(),
        null,
        null,
        e.triggeredAt(),
        null,
        running ? EvaluationStatus.Progress.of(progress) : null);
  }

  private SetManifest awaited(Evaluation e) {
    RunState run = runs.get(e.runId());
    CheckpointState checkpoint = run == null ? null : run.checkpoints.get(e.checkpoint());
    if (checkpoint == null) {
      return null;
    }
    return checkpoint.setKeys.stream()
        .map(sets::get)
        .filter(Objects::nonNull)
        .filter(e::waitsFor)
        .max(Comparator.comparingLong(SetManifest::rows))
        .orElse(null);
  }

  private static String progress(SetManifest set) {
    return switch (set.state()) {
      case "COMPLETE" -> "all predictions have arrived; the report is being made";
      case "RECEIVING" ->
          (set.expectedRows() == null
                  ? String.format(Locale.ROOT, "%,d predictions have arrived", set.rows())
                  : String.format(
                      Locale.ROOT,
                      "%,d of %,d predictions have arrived",
                      set.rows(),
                      set.expectedRows()))
              + (set.reason() == null ? "" : "; " + set.reason());
      default -> set.reason() == null ? "the prediction set is " + set.state() : set.reason();
    };
  }

  private static <T> Collection<T> orEmpty(Collection<T> values) {
    return values == null ? List.of() : values;
  }

  private static String rootMessage(Exception e) {
    Throwable cause = e;
    while (cause.getCause() != null) {
      cause = cause.getCause();
    }
    String message =
        cause instanceof JsonProcessingException json
            ? json.getOriginalMessage()
            : cause.getMessage();
    return Stream.ofNullable(message).flatMap(String::lines).limit(1).collect(Collectors.joining());
  }
}
