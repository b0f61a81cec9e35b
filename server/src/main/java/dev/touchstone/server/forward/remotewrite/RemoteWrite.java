package dev.touchstone.server.forward.remotewrite;

import dev.touchstone.server.forward.Delivered;
import dev.touchstone.server.forward.Destination;
import dev.touchstone.server.forward.ForwardSettings;
import dev.touchstone.server.forward.HomeAwayException;
import dev.touchstone.server.forward.Kind;
import dev.touchstone.server.forward.Result;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Metric points, signals and verdicts to a receiver of Prometheus' remote write 1.0. One bad sample
 * loses its whole request there, so a request that was refused is divided until the bad ones are
 * alone; they are counted by reason, and nothing is tried forever for their sake.
 */
public final class RemoteWrite implements Destination {

  private static final Logger LOG = LoggerFactory.getLogger(RemoteWrite.class);

  /** A point without a value. */
  static final String UNDEFINED = "undefined";

  /** A later value of the same series was sent before. */
  static final String SUPERSEDED = "superseded";

  /** Its series would be one too many. */
  static final String TOO_MANY_SERIES = "too_many_series";

  /** With the waits between, about a quarter of an hour. */
  private static final int MAX_SERVER_ERRORS = 20;

  /** A sample on its way, and which result it is of. */
  private static final class Due {
    final Sample sample;
    final int result;
    boolean done;

    Due(Sample sample, int result) {
      this.sample = sample;
      this.result = result;
    }
  }

  private final Receiver receiver;
  private final OpenSeries series;

  // what is being delivered; kept over tries, since stamps and what the receiver has must not
  // change
  private List<Result> results;
  private List<Due> due = List.of();
  private Map<Integer, String> refused = new HashMap<>();
  private int serverErrors;

  public RemoteWrite(ForwardSettings.RemoteWrite settings) {
    this.receiver = new Receiver(settings);
    this.series = new OpenSeries(settings.maxSeries());
  }

  @Override
  public String name() {
    return "remote-write";
  }

  @Override
  public Set<Kind> kinds() {
    return Set.of(Kind.POINTS, Kind.SIGNALS, Kind.VERDICTS);
  }

  @Override
  public Delivered deliver(List<Result> next) throws HomeAwayException {
    try {
      if (next != results) {
        prepare(next);
      }
      for (List<Due> rest = due; !rest.isEmpty(); rest = open(rest)) {
        send(rest);
      }
    } catch (RuntimeException e) {
      series.clear(); // what was offered to it may never have been sent
      results = null;
      throw e;
    }
    Map<String, Integer> counts = new HashMap<>();
    refused.values().forEach(reason -> counts.merge(reason, 1, Integer::sum));
    results = null;
    return new Delivered(next.size() - refused.size(), counts);
  }

  private static List<Due> open(List<Due> some) {
    return some.stream().filter(d -> !d.done).toList();
  }

  private void prepare(List<Result> next) {
    results = next;
    serverErrors = 0;
    refused = new HashMap<>();
    List<Due> all = new ArrayList<>();
    for (int i = 0; i < next.size(); i++) {
      Result result = next.get(i);
      if (result instanceof Result.PointResult p && p.point().value() == null) {
        refused.put(i, UNDEFINED);
      }
      for (Sample sample : ResultSamples.of(result)) {
        OpenSeries.Verdict verdict = series.offer(sample, !isStep(sample));
        if (verdict instanceof OpenSeries.Verdict.Send send) {
          all.add(new Due(sample.at(send.millis()), i));
        } else if (verdict instanceof OpenSeries.Verdict.TooMany) {
          refused.put(i, TOO_MANY_SERIES);
        } else if (verdict instanceof OpenSeries.Verdict.Superseded && !isStep(sample)) {
          // the step is of all metrics: that one of them came late is no fault of it
          refused.putIfAbsent(i, SUPERSEDED);
        }
      }
    }
    all.sort(Comparator.comparingLong(d -> d.sample.millis()));
    due = all;
  }

  private static boolean isStep(Sample sample) {
    return ResultSamples.STEP.equals(sample.series().labels().get("__name__"));
  }

  /** Sends these, dividing them as long as they are refused; none of them is due afterwards. */
  private void send(List<Due> some) throws HomeAwayException {
    Answer answer = write(some);
    if (answer == Answer.DELIVERED) {
      some.forEach(d -> d.done = true);
    } else if (some.size() == 1) {
      refuse(some, answer);
    } else {
      divide(answer == Answer.OUT_OF_BOUNDS ? withoutOld(some) : some);
    }
  }

  /** What became of these: they were delivered, or refused for good. */
  private Answer write(List<Due> some) throws HomeAwayException {
    Receiver.Said said = receiver.write(some.stream().map(d -> d.sample).toList());
    Answer answer = said.answer();
    boolean again =
        answer == Answer.TRY_LATER
            || answer == Answer.SERVER_ERROR && ++serverErrors < MAX_SERVER_ERRORS;
    if (again) {
      throw new HomeAwayException(receiver.where() + ": " + said.inWords());
    }
    if (answer != Answer.DELIVERED) {
      LOG.debug("{} samples refused: {}", some.size(), said.inWords());
    }
    return answer;
  }

  /** The earlier half first: within a series, time may not go back. */
  private void divide(List<Due> some) throws HomeAwayException {
    int half = some.size() / 2;
    for (List<Due> part : List.of(some.subList(0, half), some.subList(half, some.size()))) {
      List<Due> open = open(part);
      if (!open.isEmpty()) {
        send(open);
      }
    }
  }

  /**
   * A bound holds for all series, so one sample may speak for many: a backlog of days costs some
   * requests, not some for each sample.
   */
  private List<Due> withoutOld(List<Due> some) throws HomeAwayException {
    // one that has none before it in its own series: being taken, it makes no other one late
    Set<Series> seen = new HashSet<>();
    Due probe = some.get(0);
    for (Due one : some) {
      if (seen.add(one.sample.series())) {
        probe = one;
      }
    }
    Answer answer = write(List.of(probe));
    if (answer == Answer.DELIVERED) {
      probe.done = true;
    } else {
      long bound = answer == Answer.OUT_OF_BOUNDS ? probe.sample.millis() : Long.MIN_VALUE;
      for (Due one : some) {
        if (one == probe || one.sample.millis() <= bound) {
          refuse(List.of(one), answer);
        }
      }
    }
    return open(some);
  }

  private void refuse(List<Due> some, Answer answer) {
    for (Due one : some) {
      refused.put(one.result, answer.reason());
      one.done = true;
    }
  }
}
