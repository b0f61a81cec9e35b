package dev.touchstone.jobs.model;

import dev.touchstone.metrics.Interval;
import dev.touchstone.metrics.MetricValue;
import java.util.Locale;

/**
 * One value of one metric; an upsert, see design of topic {@code metrics}. Undefined values are
 * null with a reason.
 *
 * @param timestampMillis when the value was computed
 * @param slice "" for all examples
 * @param target what interval and standard error are about: finite or superpopulation, as in
 *     reports
 * @param stdError null where the value is exact or it is not known
 * @param effectiveN of a sample; null for whole sets
 * @param sample "" for values of a whole set; else which sample of it, see {@link SamplingPlan#id}
 * @param trust that the record of a proxy has earned; UNKNOWN for exact values
 */
public record MetricPoint(
    long timestampMillis,
    Claim claim,
    String modelDigest,
    Tier tier,
    String evaluationSet,
    String split,
    String slice,
    String metric,
    Double value,
    Double ciLow,
    Double ciHigh,
    String ciMethod,
    Double level,
    String target,
    Double stdError,
    Double effectiveN,
    long n,
    long positives,
    boolean complete,
    String reason,
    int revision,
    String sample,
    Trust trust) {

  public MetricPoint {
    evaluationSet = Names.shared(evaluationSet);
    split = Names.shared(split);
    slice = Names.shared(slice);
    metric = Names.shared(metric);
    ciMethod = Names.shared(ciMethod);
    target = Names.shared(target);
  }

  /** A value whose standard error is not known. */
  public MetricPoint(
      long timestampMillis,
      Claim claim,
      String modelDigest,
      Tier tier,
      String evaluationSet,
      String split,
      String slice,
      String metric,
      Double value,
      Double ciLow,
      Double ciHigh,
      String ciMethod,
      Double level,
      long n,
      long positives,
      boolean complete,
      String reason,
      int revision,
      String sample,
      Trust trust) {
    this(
        timestampMillis,
        claim,
        modelDigest,
        tier,
        evaluationSet,
        split,
        slice,
        metric,
        value,
        ciLow,
        ciHigh,
        ciMethod,
        level,
        null,
        null,
        null,
        n,
        positives,
        complete,
        reason,
        revision,
        sample,
        trust);
  }

  /** Whether from a set under a sampling plan. */
  public boolean sampled() {
    return !sample.isEmpty();
  }

  /**
   * A value of the math as a point on all examples of a whole set.
   *
   * @param n examples behind it, {@code positives} of them with label 1
   */
  public static MetricPoint of(
      MetricValue metric,
      Tier tier,
      SetIdentity set,
      Claim claim,
      long n,
      long positives,
      boolean complete,
      long timestampMillis) {
    Interval interval = metric.interval();
    return new MetricPoint(
        timestampMillis,
        claim,
        set.modelDigest(),
        tier,
        set.evaluationSet(),
        set.split(),
        "",
        metric.name(),
        metric.isDefined() ? metric.value() : null,
        interval == null ? null : interval.low(),
        interval == null ? null : interval.high(),
        interval == null ? null : interval.method(),
        interval == null ? null : interval.level(),
        interval == null ? null : interval.target().name().toLowerCase(Locale.ROOT),
        number(metric.standardError()),
        number(metric.effectiveRows()),
        n,
        positives,
        complete,
        metric.isDefined() ? metric.intervalReason() : metric.reason(),
        0,
        "",
        Trust.UNKNOWN);
  }

  private static Double number(double known) {
    return Double.isNaN(known) ? null : known;
  }

  /**
   * A figure about a run that is no estimate: it has no interval and no examples behind it.
   *
   * @param value not finite: null on the wire, with the reason
   * @param method where it comes from
   */
  public static MetricPoint figure(
      long timestampMillis,
      Claim claim,
      String evaluationSet,
      String split,
      String metric,
      double value,
      String method) {
    boolean finite = Double.isFinite(value);
    return new MetricPoint(
        timestampMillis,
        claim,
        null,
        Tier.PROXY,
        evaluationSet,
        split,
        "",
        metric,
        finite ? value : null,
        null,
        null,
        method,
        null,
        null,
        null,
        null,
        0,
        0,
        true,
        finite ? null : "not_finite: " + value,
        0,
        "",
        Trust.UNKNOWN);
  }

  /** What the full tier says in its place: a value without an interval. */
  public MetricPoint exactly(double other) {
    return new MetricPoint(
        timestampMillis,
        claim,
        modelDigest,
        tier,
        evaluationSet,
        split,
        slice,
        metric,
        other,
        null,
        null,
        "exact",
        null,
        target,
        null,
        null,
        n,
        positives,
        complete,
        null,
        revision,
        "",
        Trust.UNKNOWN);
  }

  /** The same value under the name of another model checkpoint. */
  public MetricPoint withClaim(Claim other) {
    return with(other, sample, slice, revision, trust);
  }

  /** The same value as that of a sample; empty: of a whole set. */
  public MetricPoint withSample(String other) {
    return with(claim, other, slice, revision, trust);
  }

  /** The same value under the name of a slice. */
  public MetricPoint withSlice(String other) {
    return with(claim, sample, other, revision, trust);
  }

  /** The same value as that of a label revision. */
  public MetricPoint withRevision(int other) {
    return with(claim, sample, slice, other, trust);
  }

  /** The same value with what the record of its metric says. */
  public MetricPoint withTrust(Trust other) {
    return other == trust ? this : with(claim, sample, slice, revision, other);
  }

  private MetricPoint with(
      Claim otherClaim,
      String otherSample,
      String otherSlice,
      int otherRevision,
      Trust otherTrust) {
    return new MetricPoint(
        timestampMillis,
        otherClaim,
        modelDigest,
        tier,
        evaluationSet,
        split,
        otherSlice,
        metric,
        value,
        ciLow,
        ciHigh,
        ciMethod,
        level,
        target,
        stdError,
        effectiveN,
        n,
        positives,
        complete,
        reason,
        otherRevision,
        otherSample,
        otherTrust);
  }

  /** Which tier computed a value. */
  public enum Tier {
    PROXY,
    FULL
  }
}
