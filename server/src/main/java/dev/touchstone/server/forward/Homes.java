package dev.touchstone.server.forward;

import dev.touchstone.server.forward.mlflow.Mlflow;
import dev.touchstone.server.forward.remotewrite.RemoteWrite;
import dev.touchstone.server.forward.tensorboard.TensorBoard;
import dev.touchstone.server.forward.webhook.Webhook;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Makes the destinations that the settings ask for. */
public final class Homes {

  private Homes() {}

  /**
   * The destinations, ready to be started; none of them has spoken to its home yet.
   *
   * @throws IllegalArgumentException if a setting is wrong: says key, rule and value
   */
  public static List<Destination> of(ForwardSettings settings) {
    Clock clock = Clock.systemUTC();
    List<Destination> homes = new ArrayList<>();
    if (settings.remoteWrite() != null) {
      homes.add(new RemoteWrite(settings.remoteWrite()));
    }
    if (settings.mlflow() != null) {
      homes.add(new Mlflow(settings.mlflow()));
    }
    if (settings.tensorboard() != null) {
      homes.add(new TensorBoard(settings.tensorboard().directory(), clock));
    }
    for (ForwardSettings.Webhook webhook : settings.webhooks()) {
      homes.add(new Webhook(webhook, settings.publicUrl(), clock));
    }
    requireDifferentNames(homes);
    return homes;
  }

  private static void requireDifferentNames(List<Destination> homes) {
    Set<String> names = new HashSet<>();
    for (Destination home : homes) {
      if (!names.add(home.name())) {
        throw new IllegalArgumentException(
            "forward.webhooks must name each url once, got " + home.name() + " twice");
      }
    }
  }
}
