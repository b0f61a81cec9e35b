package dev.touchstone.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** The golden cases: documented values of reference implementations and worked examples. */
public final class Golden {
  private Golden() {}

  /** The case of that id. */
  public static JsonNode named(String id) {
    return all().stream().filter(c -> c.get("id").asText().equals(id)).findFirst().orElseThrow();
  }

  /** Cases whose id starts so. */
  public static List<JsonNode> starting(String prefix) {
    return all().stream().filter(c -> c.get("id").asText().startsWith(prefix)).toList();
  }

  /** Every case. */
  public static List<JsonNode> all() {
    try (var in = Golden.class.getResourceAsStream("/golden.json")) {
      var cases = new ArrayList<JsonNode>();
      new ObjectMapper().readTree(in).get("cases").forEach(cases::add);
      return cases;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Numbers, or strings that stand for IEEE values. */
  public static double[] doubles(JsonNode array) {
    double[] values = new double[array.size()];
    for (int i = 0; i < values.length; i++) {
      var item = array.get(i);
      values[i] = item.isTextual() ? Double.parseDouble(item.asText()) : item.asDouble();
    }
    return values;
  }

  /** Labels of 0 and 1. */
  public static byte[] labels(JsonNode array) {
    byte[] values = new byte[array.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (byte) array.get(i).asInt();
    }
    return values;
  }

  /** The generated data sets of golden.json. */
  public record Generated(double[] scores, byte[] labels) {
    /** The generator that golden.json defines. */
    public static Generated of(JsonNode inputs) {
      int n = inputs.get("n").asInt();
      long seed = inputs.get("seed").asLong();
      long prevalence = inputs.get("prev_num").asLong();
      int levels = inputs.get("levels").asInt();
      double[] scores = new double[n];
      byte[] labels = new byte[n];
      for (int i = 0; i < n; i++) {
        long[] u = new long[4];
        for (int k = 0; k < 4; k++) {
          u[k] = mix(seed + 0x9E3779B97F4A7C15L * (4L * i + k + 1)) >>> 40;
        }
        boolean positive = u[0] < prevalence;
        long v = positive ? Math.max(Math.max(u[1], u[2]), u[3]) : Math.min(u[1], u[2]);
        labels[i] = (byte) (positive ? 1 : 0);
        scores[i] = Math.scalb((double) (v >>> (24 - levels)), -levels);
      }
      return new Generated(scores, labels);
    }
  }

  /** SplitMix64's finaliser (Steele, Lea and Flood 2014). */
  public static long mix(long value) {
    long z = (value ^ (value >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Scores as float32. */
  public static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
