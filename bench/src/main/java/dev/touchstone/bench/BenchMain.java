package dev.touchstone.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * {@code ./touchstone bench [NAME] [JMH options]}: lists the benchmarks when called bare; otherwise
 * says on what machine, JDK and command the figures were taken, runs the benchmarks whose names
 * hold NAME (a regular expression), and ends with nanoseconds a row.
 */
public final class BenchMain {
  private record About(String name, String text) {}

  private static final List<About> BENCHMARKS =
      List.of(
          new About("Ceiling.scan", "reads every score and label once: what memory allows"),
          new About("Ceiling.count", "two-class count into 65,536 bins"),
          new About("Ranking.ranking", "AP, ROC AUC, vertices and sweep in memory; threads 1, 2"),
          new About("Ranking.full", "all of a report: losses, calibration, intervals"),
          new About("Bootstrap.collapsed", "1,000 row-exact replicates of AP and ROC AUC"),
          new About("Bootstrap.naive", "20 replicates over sorted rows: multiply by 50"),
          new About("Interval.assemble", "report with all intervals, once rows are counted"),
          new About("Suite.folds", "AP, AUC, 200 thresholds, 1,000 replicates, in 5 folds"),
          new About("Proxy.arrays", "streaming proxy update from arrays"),
          new About("Proxy.bytes", "streaming proxy update from the bytes of batches"),
          new About("Distributed.count", "pass 1 from bytes, states through bytes"),
          new About("Distributed.bothPasses", "both passes and the report, from bytes"),
          new About("cache", "[ROWS] (10^7) from messages into the prediction cache"),
          new About("fast-tier", "[ROWS] (8*10^8) from Kafka to proxy points, 10 slices"),
          new About("fast-latency", "[SETS] (400) last batch to COMPLETE proxies under load"),
          new About("fast-soak", "[RUNS [ROUNDS]] (1000 60) memory of live and remembered sets"),
          new About("page", "[RUNS METRICS STEPS] (200 20 500) first paint, interaction; JSON"),
          new About("billion", "10^7, 10^8 and 10^9 rows through both jobs, or [ROWS ...]; 5 GB"));

  private BenchMain() {}

  /** Runs or lists; exit code 1 when a benchmark fails, 2 for wrong usage. */
  public static void main(String[] args) {
    if (args.length == 0) {
      list(System.out);
      return;
    }
    try {
      if (args[0].equals("warm-suite")) { // for suite_compare.py
        if (args.length != 3) {
          System.err.println("touchstone bench: warm-suite takes LABELS.npy and SCORES.npy");
          System.exit(2);
        }
        WarmSuite.run(Path.of(args[1]), Path.of(args[2]));
        return;
      }
      if (args[0].equals("cache")) {
        CacheWriting.run(
            Path.of(System.getProperty("touchstone.home", ".")),
            Arrays.copyOfRange(args, 1, args.length));
        return;
      }
      if (args[0].equals("fast-tier")) {
        FastTier.run(
            Path.of(System.getProperty("touchstone.home", ".")),
            Arrays.copyOfRange(args, 1, args.length));
        return;
      }
      if (args[0].equals("fast-latency")) {
        FastLatency.run(
            Path.of(System.getProperty("touchstone.home", ".")),
            Arrays.copyOfRange(args, 1, args.length));
        return;
      }
      if (args[0].equals("fast-soak")) {
        FastSoak.run(
            Path.of(System.getProperty("touchstone.home", ".")),
            Arrays.copyOfRange(args, 1, args.length));
        return;
      }
      if (args[0].equals("billion")) {
        Billion.run(
            Path.of(System.getProperty("touchstone.home", ".")),
            Arrays.copyOfRange(args, 1, args.length));
        return;
      }
      var chosen = new CommandLineOptions(patterns(args));
      if (chosen.shouldHelp()) {
        chosen.showHelp();
        return;
      }
      header(System.out, args);
      var results =
          new Runner(
                  new OptionsBuilder()
                      .parent(chosen)
                      .addProfiler(CpuTime.class)
                      .shouldFailOnError(true)
                      .build())
              .run();
      if (results.isEmpty()) {
        System.err.println("touchstone bench: no benchmark has that name");
        list(System.err);
        System.exit(2);
      }
      System.out.println();
      header(System.out, args);
      table(System.out, results);
    } catch (CommandLineOptionException e) {
      System.err.println("touchstone bench: " + e.getMessage());
      System.exit(2);
    } catch (Exception e) {
      var cause = e;
      while (cause.getCause() instanceof Exception deeper) {
        cause = deeper;
      }
      System.err.println("touchstone bench: " + e.getMessage() + "; " + cause);
      System.exit(1);
    }
  }

  /** The names of the list, as JMH knows them. */
  private static String[] patterns(String[] args) {
    return Arrays.stream(args)
        .map(
            arg ->
                BENCHMARKS.stream().anyMatch(about -> about.name.equals(arg))
                    ? arg.replace(".", "Benchmark\\.") + "$"
                    : arg)
        .toArray(String[]::new);
  }

  private static void list(PrintStream out) {
    out.println(
        "Benchmarks (./touchstone bench NAME [JMH options]; NAME: one of these, or a part as Ranking):");
    for (var about : BENCHMARKS) {
      out.printf(Locale.ROOT, "  %-24s %s%n", about.name, about.text);
    }
    out.println();
    out.println("Options: -p rows=1000000,100000000  -p shape=RARE,TIES,BALANCED  -p threads=1,2");
    out.println("         -f forks  -wi warm-ups  -i iterations  -h for all of JMH's");
  }

  private static void header(PrintStream out, String[] args) {
    var system = ManagementFactory.getOperatingSystemMXBean();
    out.printf(
        Locale.ROOT,
        "# machine  %s, %d cores, %s %s, load average %.2f%n",
        cpu(),
        system.getAvailableProcessors(),
        system.getName(),
        system.getArch(),
        system.getSystemLoadAverage());
    out.printf(
        "# JDK      %s %s%n",
        System.getProperty("java.vm.name"), System.getProperty("java.runtime.version"));
    out.printf("# command  ./touchstone bench %s%n", String.join(" ", args));
  }

  private static String cpu() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown processor");
    } catch (IOException e) {
      return "unknown processor"; // not Linux
    }
  }

  private static void table(PrintStream out, Collection<RunResult> results) {
    out.printf(
        Locale.ROOT,
        "%n%-32s %-10s %8s %12s %12s %10s %14s%n",
        "benchmark",
        "shape",
        "threads",
        "rows",
        "ms",
        "ns a row",
        "cpu ns a row");
    for (var result : results) {
      var of = result.getParams();
      double millis = result.getPrimaryResult().getScore();
      String name = of.getBenchmark();
      name = name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1);
      long rows = Long.parseLong(of.getParam("rows"));
      out.printf(
          Locale.ROOT,
          "%-32s %-10s %8s %,12d %,12.3f %10.2f %14.2f%s%n",
          name.replace("Benchmark", ""),
          of.getParam("shape"),
          of.getParam("threads") == null ? "1" : of.getParam("threads"),
          rows,
          millis,
          millis * 1e6 / rows,
          result.getSecondaryResults().get(CpuTime.NAME).getScore() * 1e6 / rows,
          of.getParam("probabilityMetrics") == null
              ? ""
              : "  probabilityMetrics=" + of.getParam("probabilityMetrics"));
    }
  }
}
