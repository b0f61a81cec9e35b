package dev.touchstone.cli.demo;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A labelled stream of card payments in which about 0.5 % are fraud, made from a seed alone: what
 * the demo trains on and is evaluated on.
 *
 * <p><b>Rows.</b> Row {@code i} of a split draws from its own splitmix64 sequence with the seed
 * {@code mix(mix(seed + salt(split)) + i · 0x9E3779B97F4A7C15)}. A row does not depend on the
 * others: a shorter stream is a prefix of a longer one, and threads change nothing.
 *
 * <p><b>Label.</b> fraud ~ Bernoulli({@value #FRAUD_RATE}). Country and channel are reporting
 * slices; their dictionaries are {@link #COUNTRIES} and {@link #CHANNELS}.
 *
 * <p><b>Honest payments.</b> With LN(m, s) = exp(m + s · normal), Geo(m) a geometric count of mean
 * m and Exp(m) an exponential of mean m: amount LN(3.2, 1.0), hour = round(14 + 4.5 · normal) mod
 * 24, weekday uniform, merchant category k with probability ∝ 1/(k + 1), device age LN(5.0, 1.2)
 * days, account age LN(6.0, 1.0) days, payments in the last hour Geo(0.15), in the last day that +
 * Geo(1.2), amount / usual amount LN(0, 0.5), distance from home LN(1.5, 1.5) km, failed log-ins
 * Geo(0.08), new payee with probability 0.06, minutes since the last payment Exp(600). Three honest
 * groups look like fraud and keep precision down: 3 % travel (distance LN(6, 1.0), ratio LN(0.6,
 * 0.6)), 4 % have a new phone (device age LN(0.5, 1.0), failed log-ins Geo(1), new payee with
 * probability 0.2), 2 % shop in bursts (last hour 1 + Geo(2), minutes since Exp(25)).
 *
 * <p><b>Fraud.</b> An honest payment changed by one of four patterns; each trait of a pattern but
 * its channel shows with probability {@value #TRAIT_RATE}, so that no single feature gives it away:
 *
 * <ol>
 *   <li>card testing, 32 %: online; amount LN(1.2, 0.7); last hour 1 + Geo(3.5) and minutes since
 *       Exp(15); merchant category 7 to 9
 *   <li>account takeover, 36 %: app or online; device age LN(0.5, 1.0); failed log-ins 1 +
 *       Geo(1.2); new payee with probability 0.7; ratio LN(1.1, 0.6)
 *   <li>cloned card, 22 %: point of sale or cash machine; distance LN(6.2, 1.0); hour 0 to 5; ratio
 *       LN(0.8, 0.6)
 *   <li>disguised, 10 %: account age LN(4.0, 1.0); ratio LN(1.0, 0.6)
 * </ol>
 *
 * <p><b>Drift.</b> In the validation split, from row {@code driftFrom} on, fraud in {@value
 * #DRIFT_COUNTRY} takes another shape that training never saw: aged devices (LN(5.5, 0.8)), no
 * failed log-in, nothing else in the last hour, hour 9 to 17, ratio LN(0.5, 0.5), new payee with
 * probability 0.5. Rankings get visibly worse in that slice, and only there.
 *
 * <p>Logarithms, exponentials and cosines are {@link StrictMath}'s, so that the bytes are the same
 * everywhere; {@link LabelledRows#digest()} names them.
 */
final class FraudStream {

  /** Names these formulae; changes whenever one of them does. */
  static final String VERSION = "fraud-stream/1";

  static final double FRAUD_RATE = 0.005;
  static final double TRAIT_RATE = 0.8;

  static final List<String> FEATURES =
      List.of(
          "amount",
          "hour",
          "weekday",
          "merchant_category",
          "country",
          "channel",
          "device_age_days",
          "account_age_days",
          "payments_last_hour",
          "payments_last_day",
          "amount_ratio",
          "distance_km",
          "failed_logins",
          "new_payee",
          "minutes_since_last");

  static final List<String> COUNTRIES = List.of("BR", "DE", "ES", "FR", "GB", "IN", "JP", "US");
  static final List<String> CHANNELS = List.of("APP", "ATM", "ONLINE", "POS");
  static final String DRIFT_COUNTRY = "BR";

  private static final int BR = 0;
  private static final int APP = 0;
  private static final int ATM = 1;
  private static final int ONLINE = 2;
  private static final int POS = 3;

  private static final double[] COUNTRY_CDF =
      cumulative(0.14, 0.15, 0.07, 0.11, 0.15, 0.10, 0.06, 0.22);
  private static final double[] CHANNEL_CDF = cumulative(0.25, 0.05, 0.45, 0.25);
  private static final double[] MERCHANT_CDF =
      cumulative(IntStream.range(0, 12).mapToDouble(k -> 1.0 / (k + 1)).toArray());
  private static final double[] PATTERN_CDF = cumulative(0.32, 0.36, 0.22, 0.10);

  /** Rows a task: big enough to outweigh the hand-over, small enough for a few cores. */
  private static final int CHUNK = 1 << 14;

  /** Which part of the stream. Values of the two never share a random sequence. */
  enum Split {
    TRAINING(0x7261696E),
    VALIDATION(0x76616C69);

    private final long salt;

    Split(long salt) {
      this.salt = salt;
    }
  }

  private FraudStream() {}

  /** The first {@code rows} training rows; no drift. */
  static LabelledRows training(long seed, int rows) {
    return generate(seed, Split.TRAINING, rows, rows);
  }

  /**
   * The first {@code rows} validation rows.
   *
   * @param driftFrom the first row of the drift, in [0, rows]; {@code rows}: none
   */
  static LabelledRows validation(long seed, int rows, int driftFrom) {
    return generate(seed, Split.VALIDATION, rows, driftFrom);
  }

  private static LabelledRows generate(long seed, Split split, int rows, int driftFrom) {
    if (rows < 1) {
      throw new IllegalArgumentException("rows must be at least 1, got " + rows);
    }
    if (driftFrom < 0 || driftFrom > rows) {
      throw new IllegalArgumentException(
          "driftFrom must be in [0, " + rows + "], got " + driftFrom);
    }
    long base = SplitMix64.mix(seed + split.salt);
    LabelledRows out = LabelledRows.allocate(VERSION, FEATURES.size(), rows);
    IntStream.range(0, (rows + CHUNK - 1) / CHUNK)
        .parallel()
        .forEach(
            chunk -> {
              int end = (int) Math.min(rows, (chunk + 1L) * CHUNK);
              for (int row = chunk * CHUNK; row < end; row++) {
                SplitMix64 random =
                    new SplitMix64(SplitMix64.mix(base + row * SplitMix64.GOLDEN_GAMMA));
                fill(out, row, row >= driftFrom, random);
              }
            });
    return out;
  }

  private static void fill(LabelledRows out, int row, boolean drift, SplitMix64 random) {
    boolean fraud = random.chance(FRAUD_RATE);
    Payment payment = honest(random);
    if (fraud) {
      if (drift && payment.country == BR) {
        driftedFraud(payment, random);
      } else {
        fraud(payment, random);
      }
    }
    payment.store(out, row, fraud);
  }

  private static Payment honest(SplitMix64 random) {
    Payment p = new Payment();
    p.country = random.category(COUNTRY_CDF);
    p.channel = random.category(CHANNEL_CDF);
    p.amount = random.logNormal(3.2, 1.0);
    p.hour = (int) Math.floorMod(Math.round(14 + 4.5 * random.gaussian()), 24L);
    p.weekday = (int) (7 * random.uniform());
    p.merchantCategory = random.category(MERCHANT_CDF);
    p.deviceAgeDays = random.logNormal(5.0, 1.2);
    p.accountAgeDays = random.logNormal(6.0, 1.0);
    p.lastHour = random.geometric(0.15);
    p.lastDay = p.lastHour + random.geometric(1.2);
    p.amountRatio = random.logNormal(0, 0.5);
    p.distanceKm = random.logNormal(1.5, 1.5);
    p.failedLogins = random.geometric(0.08);
    p.newPayee = random.chance(0.06) ? 1 : 0;
    p.minutesSinceLast = random.exponential(600);
    double group = random.uniform();
    if (group < 0.03) {
      p.distanceKm = random.logNormal(6.0, 1.0);
      p.amountRatio = random.logNormal(0.6, 0.6);
    } else if (group < 0.07) {
      p.deviceAgeDays = random.logNormal(0.5, 1.0);
      p.failedLogins = random.geometric(1);
      p.newPayee = random.chance(0.2) ? 1 : 0;
    } else if (group < 0.09) {
      p.burst(1 + random.geometric(2), random.exponential(25));
    }
    return p;
  }

  private static void fraud(Payment p, SplitMix64 random) {
    switch (random.category(PATTERN_CDF)) {
      case 0 -> cardTesting(p, random);
      case 1 -> accountTakeover(p, random);
      case 2 -> clonedCard(p, random);
      default -> disguised(p, random);
    }
  }

  private static void cardTesting(Payment p, SplitMix64 random) {
    p.channel = ONLINE;
    if (random.chance(TRAIT_RATE)) {
      p.amount = random.logNormal(1.2, 0.7);
    }
    if (random.chance(TRAIT_RATE)) {
      p.burst(1 + random.geometric(3.5), random.exponential(15));
    }
    if (random.chance(TRAIT_RATE)) {
      p.merchantCategory = 7 + (int) (3 * random.uniform());
    }
  }

  private static void accountTakeover(Payment p, SplitMix64 random) {
    p.channel = random.chance(0.5) ? APP : ONLINE;
    if (random.chance(TRAIT_RATE)) {
      p.deviceAgeDays = random.logNormal(0.5, 1.0);
    }
    if (random.chance(TRAIT_RATE)) {
      p.failedLogins = 1 + random.geometric(1.2);
    }
    if (random.chance(TRAIT_RATE)) {
      p.newPayee = random.chance(0.7) ? 1 : 0;
    }
    if (random.chance(TRAIT_RATE)) {
      p.amountRatio = random.logNormal(1.1, 0.6);
    }
  }

  private static void clonedCard(Payment p, SplitMix64 random) {
    p.channel = random.chance(0.5) ? POS : ATM;
    if (random.chance(TRAIT_RATE)) {
      p.distanceKm = random.logNormal(6.2, 1.0);
    }
    if (random.chance(TRAIT_RATE)) {
      p.hour = (int) (6 * random.uniform());
    }
    if (random.chance(TRAIT_RATE)) {
      p.amountRatio = random.logNormal(0.8, 0.6);
    }
  }

  private static void disguised(Payment p, SplitMix64 random) {
    if (random.chance(TRAIT_RATE)) {
      p.accountAgeDays = random.logNormal(4.0, 1.0);
    }
    if (random.chance(TRAIT_RATE)) {
      p.amountRatio = random.logNormal(1.0, 0.6);
    }
  }

  private static void driftedFraud(Payment p, SplitMix64 random) {
    p.deviceAgeDays = random.logNormal(5.5, 0.8);
    p.failedLogins = 0;
    p.burst(0, random.exponential(600));
    p.hour = 9 + (int) (9 * random.uniform());
    p.amountRatio = random.logNormal(0.5, 0.5);
    p.newPayee = random.chance(0.5) ? 1 : 0;
  }

  private static double[] cumulative(double... weights) {
    double total = 0;
    for (double weight : weights) {
      total += weight;
    }
    double[] cumulative = new double[weights.length];
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += weights[i];
      cumulative[i] = sum / total;
    }
    cumulative[weights.length - 1] = 1; // whatever the rounding, the last category ends the search
    return cumulative;
  }

  /** One row while it is being drawn. */
  private static final class Payment {
    private int country;
    private int channel;
    private double amount;
    private int hour;
    private int weekday;
    private int merchantCategory;
    private double deviceAgeDays;
    private double accountAgeDays;
    private int lastHour;
    private int lastDay;
    private double amountRatio;
    private double distanceKm;
    private int failedLogins;
    private int newPayee;
    private double minutesSinceLast;

    private void burst(int paymentsLastHour, double minutes) {
      lastDay += paymentsLastHour - lastHour;
      lastHour = paymentsLastHour;
      minutesSinceLast = minutes;
    }

    private void store(LabelledRows out, int row, boolean fraud) {
      float[] x = out.features();
      int i = row * FEATURES.size();
      x[i++] = (float) amount;
      x[i++] = hour;
      x[i++] = weekday;
      x[i++] = merchantCategory;
      x[i++] = country;
      x[i++] = channel;
      x[i++] = (float) deviceAgeDays;
      x[i++] = (float) accountAgeDays;
      x[i++] = lastHour;
      x[i++] = lastDay;
      x[i++] = (float) amountRatio;
      x[i++] = (float) distanceKm;
      x[i++] = failedLogins;
      x[i++] = newPayee;
      x[i] = (float) minutesSinceLast;
      out.labels()[row] = (byte) (fraud ? 1 : 0);
      out.countries()[row] = (byte) country;
      out.channels()[row] = (byte) channel;
    }
  }
}
