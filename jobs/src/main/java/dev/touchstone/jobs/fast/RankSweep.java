package dev.touchstone.jobs.fast;

import dev.touchstone.jobs.model.Judgement;
import dev.touchstone.jobs.model.Signal;
import dev.touchstone.jobs.settings.EngineSettings.AshaSettings;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import dev.touchstone.jobs.settings.RuleSettings;
import dev.touchstone.metrics.stopping.Mode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Asynchronous successive halving (Li et al. 2020) over the runs of a sweep. Keyed by sweep;
 * signals pass through, or become a STOP.
 *
 * <p>Rungs are the steps min_step · eta^k. With its first value at or beyond a rung a run is ranked
 * among those that have reached it: nobody waits for anybody. Of n, the best floor(n / eta) make
 * the cut; one that doesn't is stopped, unless its interval overlaps that of the last one that
 * does. With fewer than eta there is no cut. A run that passes several rungs at once counts at the
 * highest. Intervals are those of the proxies, at their own level each: a rule of a search, not a
 * test.
 *
 * <p>What isn't trusted is neither ranked nor stopped. After the STOP no signal of the run passes
 * until a later attempt's.
 */
public final class RankSweep extends KeyedProcessFunction<String, Judgement, Signal> {

  private static final long serialVersionUID = 1L;

  /** Of one rung; later ones go on unranked. */
  static final int MOST_RUNS = 10_000;

  private static final Comparator<Entry> BEST_FIRST =
      Comparator.comparingDouble(Entry::gain).reversed();

  private final AshaSettings settings;
  private final LedgerSettings ledger;
  private transient MapState<String, Rung> rungs;
  private transient MapState<String, Integer> stopped;

  /** The runs that have reached a rung. */
  public record Rung(List<Entry> entries) {}

  /**
   * A run at a rung, larger is better.
   *
   * @param low end of its interval, or its value
   */
  public record Entry(String runId, double gain, double low, double high) {}

  public RankSweep(AshaSettings settings, LedgerSettings ledger) {
    this.settings = settings;
    this.ledger = ledger;
  }

  @Override
  public void open(OpenContext context) {
    var rungState = new MapStateDescriptor<>("rungs", Types.STRING, TypeInformation.of(Rung.class));
    var stoppedState = new MapStateDescriptor<>("stopped", Types.STRING, Types.INT);
    rungState.enableTimeToLive(ledger.retention());
    stoppedState.enableTimeToLive(ledger.retention());
    rungs = getRuntimeContext().getMapState(rungState);
    stopped = getRuntimeContext().getMapState(stoppedState);
  }

  @Override
  public void processElement(Judgement judgement, Context context, Collector<Signal> out)
      throws Exception {
    Signal signal = judgement.signal();
    String run = signal.claim().runId();
    Integer attempt = stopped.get(run);
    if (attempt != null && signal.claim().attempt() <= attempt) {
      return;
    }
    if (attempt != null) {
      stopped.remove(run);
    }
    String reason = rank(judgement);
    if (reason == null || signal.stop()) {
      out.collect(signal);
      return;
    }
    stopped.put(run, signal.claim().attempt());
    out.collect(
        signal.stopped(
            reason,
            signal.rule() + " asha eta=" + settings.eta() + " min_step=" + settings.minStep()));
  }

  /** The highest rung that a step has reached; 0 for none. */
  static long rung(long step, AshaSettings settings) {
    long rung = 0;
    for (long next = settings.minStep(); next <= step; next *= settings.eta()) {
      rung = next;
      if (next > Long.MAX_VALUE / settings.eta()) {
        break;
      }
    }
    return rung;
  }

  /** Why the run doesn't make the cut of the rung that it has just reached, or null. */
  private String rank(Judgement judgement) throws Exception {
    Signal signal = judgement.signal();
    long step = rung(signal.claim().step(), settings);
    boolean alone = judgement.sweep() == null;
    if (alone || !judgement.ranked() || signal.value() == null || step == 0) {
      return null;
    }
    String key = signal.metric() + "\n" + judgement.on() + "\n" + step;
    Rung known = rungs.get(key);
    List<Entry> entries = known == null ? new ArrayList<>() : new ArrayList<>(known.entries());
    String run = signal.claim().runId();
    if (entries.size() >= MOST_RUNS || entries.stream().anyMatch(e -> e.runId().equals(run))) {
      return null;
    }
    Entry entry = entry(signal);
    entries.add(entry);
    rungs.put(key, new Rung(entries));
    int goOn = entries.size() / settings.eta();
    if (goOn == 0) {
      return null;
    }
    entries.sort(BEST_FIRST);
    Entry cut = entries.get(goOn - 1);
    int rank = 1 + (int) entries.stream().filter(e -> e.gain() > entry.gain()).count();
    if (rank <= goOn || entry.high() >= cut.low()) {
      return null;
    }
    Mode mode = RuleSettings.modeOf(signal.metric());
    return "asha: rank "
        + rank
        + " of "
        + entries.size()
        + " at rung "
        + step
        + ", of which the best "
        + goOn
        + " go on; "
        + signal.metric()
        + " is "
        + text(entry, mode)
        + ", the cut "
        + text(cut, mode);
  }

  private static Entry entry(Signal signal) {
    Mode mode = RuleSettings.modeOf(signal.metric());
    double value = signal.value();
    double low = signal.low() == null ? value : signal.low();
    double high = signal.high() == null ? value : signal.high();
    return new Entry(
        signal.claim().runId(),
        mode.gain(value),
        Math.min(mode.gain(low), mode.gain(high)),
        Math.max(mode.gain(low), mode.gain(high)));
  }

  private static String text(Entry entry, Mode mode) {
    double low = mode.gain(mode == Mode.MIN ? entry.high() : entry.low());
    double high = mode.gain(mode == Mode.MIN ? entry.low() : entry.high());
    String value = Double.toString(mode.gain(entry.gain()));
    return low == high ? value : value + " in [" + low + ", " + high + "]";
  }
}
