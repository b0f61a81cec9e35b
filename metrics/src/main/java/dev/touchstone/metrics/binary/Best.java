package dev.touchstone.metrics.binary;

/** The highest value of a criterion and where; of equal values the one at the highest threshold. */
final class Best {
  private double value = Double.NEGATIVE_INFINITY;
  private long key;
  private long tp;
  private long fp;

  /** Offers in descending order of thresholds, or in any order: the outcome is the same. */
  void offer(double candidate, long candidateKey, long candidateTp, long candidateFp) {
    if (candidate > value || candidate == value && Long.compareUnsigned(candidateKey, key) > 0) {
      value = candidate;
      key = candidateKey;
      tp = candidateTp;
      fp = candidateFp;
    }
  }

  void combine(Best other) {
    if (other.exists()) {
      offer(other.value, other.key, other.tp, other.fp);
    }
  }

  boolean exists() {
    return value > Double.NEGATIVE_INFINITY;
  }

  double value() {
    return value;
  }

  long key() {
    return key;
  }

  long tp() {
    return tp;
  }

  long fp() {
    return fp;
  }

  void write(ByteWriter out) {
    out.writeDouble(value).writeLong(key).writeCount(tp).writeCount(fp);
  }

  static Best read(ByteReader in) {
    var best = new Best();
    best.value = in.readDouble();
    best.key = in.readLong();
    best.tp = in.readCount();
    best.fp = in.readCount();
    return best;
  }
}
