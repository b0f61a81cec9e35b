package dev.touchstone.metrics.shared;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What scikit-learn answered: files under reference/, written by src/test/python.
 *
 * @param name of the case
 * @param settings of the case
 * @param rows numbers of the input
 * @param metrics figures by name
 */
public record Reference(
    String name, Map<String, Integer> settings, List<double[]> rows, Map<String, Double> metrics) {
  /** All cases of a file. */
  public static List<Reference> read(String file) {
    var cases = new ArrayList<Reference>();
    var in = Objects.requireNonNull(Reference.class.getResourceAsStream("/reference/" + file));
    try (var lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.US_ASCII))) {
      for (var line = lines.readLine(); line != null; line = lines.readLine()) {
        var cells = line.split(",");
        var last = cases.isEmpty() ? null : cases.get(cases.size() - 1);
        switch (cells[0]) {
          case "case" -> cases.add(start(cells));
          case "row" -> {
            double[] row = new double[cells.length - 1];
            for (int i = 0; i < row.length; i++) {
              row[i] = Double.parseDouble(cells[i + 1]);
            }
            last.rows.add(row);
          }
          case "metric" -> last.metrics.put(cells[1], Double.valueOf(cells[2]));
          default -> {} // the header
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return cases;
  }

  private static Reference start(String[] cells) {
    var settings = new LinkedHashMap<String, Integer>();
    for (var setting : cells[2].split(";")) {
      settings.put(setting.split("=")[0], Integer.valueOf(setting.split("=")[1]));
    }
    return new Reference(cells[1], settings, new ArrayList<>(), new LinkedHashMap<>());
  }

  /** One column of the input. */
  public double[] column(int index) {
    return rows.stream().mapToDouble(r -> r[index]).toArray();
  }

  /** Columns from {@code from} on, {@code count} of them, row-major. */
  public double[] columns(int from, int count) {
    double[] values = new double[rows.size() * count];
    for (int i = 0; i < rows.size(); i++) {
      System.arraycopy(rows.get(i), from, values, i * count, count);
    }
    return values;
  }

  @Override
  public String toString() {
    return name;
  }
}
