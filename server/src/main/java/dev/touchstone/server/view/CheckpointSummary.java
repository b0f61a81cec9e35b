package dev.touchstone.server.view;

import java.util.List;
import java.util.Map;

/**
 * A model checkpoint and how far it is known.
 *
 * @param step null while nothing but a request has named the checkpoint
 * @param state PROXY (nothing asked for a full evaluation), WAITING, EVALUATING, or the terminal
 *     state of the evaluation that speaks for it
 * @param proxies last proxy value by metric, over all examples
 * @param full full value by metric, over all examples
 */
public record CheckpointSummary(
    String checkpoint,
    Long step,
    Double epoch,
    int attempt,
    String modelDigest,
    String path,
    String state,
    String reason,
    String reportKey,
    Map<String, Value> proxies,
    Map<String, Value> full,
    List<EvaluationStatus> evaluations,
    List<Verdict> verdicts) {}
