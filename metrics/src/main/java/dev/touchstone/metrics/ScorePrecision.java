package dev.touchstone.metrics;

/** In which floating-point format scores are held; ties, thresholds and clips follow from it. */
public enum ScorePrecision {
  /** 32 bits; the default of everything that is stored. */
  FLOAT32(32, 0x1p-23),
  /** 64 bits. */
  FLOAT64(64, 0x1p-52);

  private final int bits;
  private final double clipEpsilon;

  ScorePrecision(int bits, double clipEpsilon) {
    this.bits = bits;
    this.clipEpsilon = clipEpsilon;
  }

  /** Width of a key. */
  public int bits() {
    return bits;
  }

  /**
   * The log loss takes probabilities in [eps, 1 - eps]; eps is the machine precision of the format
   * (the convention of scikit-learn 1.2 and later).
   */
  public double clipEpsilon() {
    return clipEpsilon;
  }

  /** The key of a score, rounded to this precision first; unsigned, in the low bits. */
  public long key(double score) {
    return this == FLOAT32 ? ScoreKey.of((float) score) & 0xFFFF_FFFFL : ScoreKey.of(score);
  }

  /** The score of a key. */
  public double score(long key) {
    return this == FLOAT32 ? ScoreKey.toFloat((int) key) : ScoreKey.toDouble(key);
  }
}
