package dev.touchstone.jobs.ingest;

import dev.touchstone.jobs.model.Claim;
import dev.touchstone.jobs.model.ExactMetrics;
import dev.touchstone.jobs.settings.EngineSettings.LedgerSettings;
import java.util.Objects;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * Gives every model checkpoint that a report answers the values of that report, in whatever order
 * the outcomes come: those that ended REUSED have none of their own. Keyed by report key. A report
 * of later labels is given to all again.
 */
public final class ReusedReports extends KeyedProcessFunction<String, ExactMetrics, ExactMetrics> {

  private static final long serialVersionUID = 1L;

  /** Of one report; those beyond are told what is known when they come, and nothing later. */
  static final int MAX_CLAIMS = 1_000;

  private final LedgerSettings ledger;
  private transient ValueState<ExactMetrics> latest;
  private transient MapState<Claim, Boolean> claims;

  public ReusedReports(LedgerSettings ledger) {
    this.ledger = ledger;
  }

  @Override
  public void open(OpenContext context) {
    var latestState = new ValueStateDescriptor<>("latest", Types.POJO(ExactMetrics.class));
    latestState.enableTimeToLive(ledger.retention());
    latest = getRuntimeContext().getState(latestState);
    var claimState = new MapStateDescriptor<>("claims", Types.POJO(Claim.class), Types.BOOLEAN);
    claimState.enableTimeToLive(ledger.retention());
    claims = getRuntimeContext().getMapState(claimState);
  }

  @Override
  public void processElement(ExactMetrics told, Context context, Collector<ExactMetrics> out)
      throws Exception {
    ExactMetrics known = latest.value();
    if (told.values().isEmpty()) {
      remember(told.claim());
      if (known != null) {
        out.collect(known.withClaim(told.claim()));
      }
      return;
    }
    out.collect(told);
    if (known == null || told.revision() >= known.revision()) {
      latest.update(told);
      for (Claim claim : claims.keys()) {
        if (!Objects.equals(claim, told.claim())) {
          out.collect(told.withClaim(claim));
        }
      }
    }
    remember(told.claim());
  }

  private void remember(Claim claim) throws Exception {
    int count = 0;
    for (Claim known : claims.keys()) {
      count += known == null ? 0 : 1;
    }
    if (count < MAX_CLAIMS) {
      claims.put(claim, true);
    }
  }
}
