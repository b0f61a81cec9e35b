package dev.touchstone.metrics.simulation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * Runs the simulations that the methods' claims rest on and writes their tables into
 * docs/simulations.md, each between its own marks, so that one can be renewed alone.
 *
 * <p>Arguments: names of simulations (all by default). The working directory is the project's root.
 */
public final class Simulations {
  /** Every figure follows from this. */
  static final long SEED = 20260101;

  private static final Path FILE = Path.of("docs", "simulations.md");

  private static final Map<String, Simulation> ALL = all();

  private Simulations() {}

  /** One simulation. */
  interface Simulation {
    /** Heading, prose and tables in markdown. */
    String run();
  }

  private static Map<String, Simulation> all() {
    var all = new LinkedHashMap<String, Simulation>();
    all.put("peeking", PeekingSimulation::run);
    all.put("early-stopping", EarlyStoppingSimulation::run);
    all.put("tier-one", TierOneSimulation::run);
    all.put("delong", DeLongSimulation::run);
    all.put("ap-interval", ApIntervalSimulation::run);
    return all;
  }

  /** Runs. */
  public static void main(String[] args) throws IOException {
    var names = args.length == 0 ? List.copyOf(ALL.keySet()) : List.of(args);
    for (var name : names) {
      if (!ALL.containsKey(name)) {
        System.err.println("no simulation " + name + "; there are " + ALL.keySet());
        System.exit(2);
      }
    }
    for (var name : names) {
      long start = System.nanoTime();
      String section = ALL.get(name).run();
      double seconds = (System.nanoTime() - start) * 1e-9;
      System.err.printf(Locale.ROOT, "%s: %.0f s%n", name, seconds);
      var mark = "<!-- " + name + " -->";
      var header =
          String.format(
              Locale.ROOT,
              "`bench/simulations/run %s` · seed %d · JDK %s · %d processors · %.0f s%n%n",
              name,
              SEED,
              System.getProperty("java.version"),
              Runtime.getRuntime().availableProcessors(),
              seconds);
      write(mark, section.replaceFirst("\n\n", "\n\n" + header));
    }
  }

  private static void write(String mark, String section) throws IOException {
    String text = Files.exists(FILE) ? Files.readString(FILE) : "# Simulations\n";
    String block = mark + "\n" + section.strip() + "\n" + mark + "\n";
    int from = text.indexOf(mark);
    if (from < 0) {
      text = text.stripTrailing() + "\n\n" + block;
    } else {
      int to = text.indexOf(mark, from + 1) + mark.length() + 1;
      text = text.substring(0, from) + block + text.substring(Math.min(to, text.length()));
    }
    Files.createDirectories(FILE.getParent());
    Files.writeString(FILE, text);
  }

  /** Results of all runs, in order, worked on by all processors. */
  static double[][] runs(int count, IntFunction<double[]> run) {
    return IntStream.range(0, count).parallel().mapToObj(run).toArray(double[][]::new);
  }

  static double mean(double[][] results, int column) {
    double sum = 0;
    for (double[] row : results) {
      sum += row[column];
    }
    return sum / results.length;
  }

  static double deviation(double[][] results, int column) {
    double mean = mean(results, column);
    double sum = 0;
    for (double[] row : results) {
      sum += (row[column] - mean) * (row[column] - mean);
    }
    return Math.sqrt(sum / (results.length - 1));
  }

  static double median(double[][] results, int column) {
    double[] values = new double[results.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = results[i][column];
    }
    Arrays.sort(values);
    return values[values.length / 2];
  }

  /** A share with its Monte-Carlo standard error. */
  static String share(double[][] results, int column) {
    double p = mean(results, column);
    return String.format(
        Locale.ROOT, "%.3f ± %.3f", p, Math.sqrt(Math.max(p * (1 - p), 1e-12) / results.length));
  }

  static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  /** A markdown table in the making. */
  static final class Table {
    private final List<String> lines = new ArrayList<>();

    Table(String... columns) {
      row((Object[]) columns);
      lines.add("|" + "---|".repeat(columns.length));
    }

    void row(Object... cells) {
      var line = new StringBuilder("|");
      for (var cell : cells) {
        line.append(' ').append(cell).append(" |");
      }
      lines.add(line.toString());
    }

    @Override
    public String toString() {
      return String.join("\n", lines) + "\n";
    }
  }
}
