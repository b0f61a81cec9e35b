package dev.touchstone.server.forward;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** Awaits conditions with a deadline. */
public final class Waiting {

  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private Waiting() {}

  public static void until(String what, BooleanSupplier condition) {
    until(() -> what, condition);
  }

  public static void until(Supplier<String> what, BooleanSupplier condition) {
    long end = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(() -> "waiting for " + what.get()).isLessThan(end);
      Thread.onSpinWait();
    }
  }
}
