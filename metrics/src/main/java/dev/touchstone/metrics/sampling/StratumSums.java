package dev.touchstone.metrics.sampling;

import java.util.ArrayList;
import java.util.List;

/**
 * What a stratified sample says about the total of a quantity u over the whole set: strata that are
 * too thin for a variance are joined with a neighbour, then
 *
 * <pre>
 * total           sum N_h ubar_h
 * finite          sum N_h² (1 - n_h/N_h) s_h² / n_h
 * superpopulation sum N_h² s_h² / n_h + sum N_h (ubar_h - ubar)²
 * </pre>
 *
 * <p>The last term is there because the next set will not have the same stratum sizes: dropping the
 * finite correction alone would leave that out.
 */
final class StratumSums {
  /** One stratum's sample: count, sum and centred sum of squares of u. */
  private record Cell(double population, double n, double mean, double squares) {
    Cell join(Cell other) {
      double count = n + other.n;
      if (count == 0) {
        return new Cell(population + other.population, 0, 0, 0);
      }
      // each part stands for its own population
      double all = population + other.population;
      double joined =
          n == 0
              ? other.mean
              : other.n == 0 ? mean : (population * mean + other.population * other.mean) / all;
      double gap = mean - other.mean;
      return new Cell(
          all, count, joined, squares + other.squares + gap * gap * n * other.n / count);
    }

    boolean thin() {
      return n < 2 && n < population;
    }
  }

  private final List<Cell> cells = new ArrayList<>();
  private int lastLabel = -1;

  /** Adds the next stratum; those of one label follow each other. */
  void add(int label, double population, double n, double mean, double centredSquares) {
    if (population == 0 && n == 0) {
      return;
    }
    var cell = new Cell(population, n, mean, centredSquares);
    int last = cells.size() - 1;
    boolean neighbour = label == lastLabel && last >= 0;
    if (neighbour && (cell.thin() || cells.get(last).thin())) {
      cells.set(last, cells.get(last).join(cell));
    } else {
      cells.add(cell);
    }
    lastLabel = label;
  }

  /** Examples seen. */
  double rows() {
    return cells.stream().mapToDouble(Cell::n).sum();
  }

  double population() {
    return cells.stream().mapToDouble(Cell::population).sum();
  }

  /** A stratum that has population and no sample and could not be joined. */
  boolean hasHole() {
    return cells.stream().anyMatch(c -> c.n == 0 && c.population > 0);
  }

  /** A stratum of one example that stands for more. */
  boolean hasThin() {
    return cells.stream().anyMatch(Cell::thin);
  }

  double total() {
    double total = 0;
    for (var c : cells) {
      total += c.population * c.mean;
    }
    return total;
  }

  double finiteVariance() {
    double sum = 0;
    for (var c : cells) {
      sum += within(c) * Math.max(0, 1 - c.n / c.population);
    }
    return sum;
  }

  double superpopulationVariance() {
    double mean = total() / population();
    double sum = 0;
    for (var c : cells) {
      sum += within(c) + c.population * (c.mean - mean) * (c.mean - mean);
    }
    return sum;
  }

  private static double within(Cell c) {
    return c.n < 2 ? 0 : c.population * c.population * (c.squares / (c.n - 1)) / c.n;
  }

  /** (sum w)² / sum w², w = N_h / n_h. */
  double effectiveRows() {
    double squares = 0;
    for (var c : cells) {
      squares += c.n == 0 ? 0 : c.population * c.population / c.n;
    }
    return squares == 0 ? 0 : population() * population() / squares;
  }
}
