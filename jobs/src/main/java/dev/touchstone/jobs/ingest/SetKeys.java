package dev.touchstone.jobs.ingest;

import dev.touchstone.schemas.avro.EvaluationSet;
import dev.touchstone.schemas.avro.PredictionBatch;
import dev.touchstone.schemas.avro.SamplingPlan;
import dev.touchstone.schemas.avro.Stratum;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * Keys of prediction sets: the first 128 bits of a SHA-256 over what the set is about, as hex. So a
 * key can be a directory name whatever the input held.
 *
 * <p>With model, dataset and transform digest all given, the key is of the content: the same model
 * on the same data is the same set, whichever run asks. Where one is missing, the key is of the
 * run, its attempt and its model checkpoint: a missing part is a miss, never a guess. A sample and
 * a full set never share a key.
 */
final class SetKeys {

  private SetKeys() {}

  static String of(PredictionBatch batch) {
    Hash hash = new Hash();
    EvaluationSet set = batch.getEvaluationSet();
    String model = batch.getCheckpoint().getModelDigest();
    if (model != null && set.getDatasetDigest() != null && batch.getTransformDigest() != null) {
      hash.add("content").add(model).add(set.getDatasetDigest()).add(batch.getTransformDigest());
    } else {
      hash.add("run")
          .add(batch.getRunId())
          .add(batch.getAttempt())
          .add(batch.getCheckpoint().getId())
          .add(set.getId());
    }
    hash.add(set.getSplit()).add(set.getFold() == null ? -1 : set.getFold());
    SamplingPlan plan = batch.getSamplingPlan();
    if (plan == null) {
      hash.add("full");
    } else {
      hash.add("plan").add(plan.getSeed());
      for (Stratum stratum : plan.getStrata()) {
        hash.add(stratum.getName())
            .add(Double.doubleToLongBits(stratum.getRate()))
            .add(stratum.getPopulation());
      }
    }
    return hash.hex();
  }

  /** Length-prefixed parts, so that ("ab", "c") and ("a", "bc") differ. */
  private static final class Hash {

    private final MessageDigest digest;

    Hash() {
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("every JDK has SHA-256", e);
      }
    }

    Hash add(String part) {
      byte[] utf8 = part.getBytes(StandardCharsets.UTF_8);
      add(utf8.length);
      digest.update(utf8);
      return this;
    }

    Hash add(long part) {
      digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, part));
      return this;
    }

    String hex() {
      return HexFormat.of().formatHex(digest.digest(), 0, 16);
    }
  }
}
