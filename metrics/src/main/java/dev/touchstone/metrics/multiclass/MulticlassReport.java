package dev.touchstone.metrics.multiclass;

import dev.touchstone.metrics.MetricValue;
import dev.touchstone.metrics.shared.ClassRow;
import dev.touchstone.metrics.shared.Table;
import dev.touchstone.metrics.shared.TaskReport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Everything a multiclass evaluation answers.
 *
 * @param n rows, invalid ones included
 * @param weightTotal sum of weights of valid rows (their number without weights)
 * @param invalidRows rows with a NaN score
 * @param tiedPredictions rows whose largest score is not unique; their predicted class is the
 *     lowest index
 * @param clippedCount rows whose probability was clipped for the log loss
 * @param clipEpsilon the clip: probabilities are taken in [eps, 1 - eps]
 * @param unnormalizedRows rows whose probabilities do not sum to 1
 * @param classNames all classes by index
 * @param absentClasses names of classes that the truth does not hold: macro averages leave them out
 * @param metrics every metric once, in a fixed order
 * @param classes one a class, by index
 * @param confusion units by true and predicted class
 * @param unit the weight of one unit of the confusion matrix
 */
public record MulticlassReport(
    long n,
    double weightTotal,
    long invalidRows,
    long tiedPredictions,
    long clippedCount,
    double clipEpsilon,
    long unnormalizedRows,
    List<String> classNames,
    List<String> absentClasses,
    List<MetricValue> metrics,
    List<ClassRow> classes,
    ConfusionMatrix confusion,
    double unit)
    implements TaskReport {
  /** Most cells of the printed confusion table: all of them up to 100 classes. */
  private static final int MOST_CELLS = 10_000;

  /** Copies the lists and the matrix. */
  public MulticlassReport {
    classNames = List.copyOf(classNames);
    absentClasses = List.copyOf(absentClasses);
    metrics = List.copyOf(metrics);
    classes = List.copyOf(classes);
    confusion = confusion.copy();
  }

  @Override
  public String task() {
    return "multiclass";
  }

  @Override
  public Map<String, Object> facts() {
    var facts = new LinkedHashMap<String, Object>();
    facts.put("classes", (long) classNames.size());
    facts.put("absent_classes", absentClasses);
    facts.put("weight_total", weightTotal);
    facts.put("invalid_rows", invalidRows);
    facts.put("tied_predictions", tiedPredictions);
    facts.put("unnormalized_rows", unnormalizedRows);
    facts.put("clipped_count", clippedCount);
    facts.put("clip_epsilon", clipEpsilon);
    facts.put("confusion_cells_left_out", Math.max(0L, occupied().length - MOST_CELLS));
    return facts;
  }

  /** Table {@code classes}, and {@code confusion} with the cells that are not 0 (largest first). */
  @Override
  public List<Table> tables() {
    return List.of(ClassRow.table("classes", "class", classes), confusionTable());
  }

  private Table confusionTable() {
    var rows = new ArrayList<List<Object>>();
    int k = classNames.size();
    for (long[] cell : occupied()) {
      if (rows.size() < MOST_CELLS) {
        int at = (int) cell[0];
        rows.add(List.of(classNames.get(at / k), classNames.get(at % k), unit * cell[1]));
      }
    }
    return new Table("confusion", List.of("truth", "predicted", "weight"), rows);
  }

  /** (index, units) of cells that are not 0, the largest first, ties by index. */
  private long[][] occupied() {
    int k = classNames.size();
    var cells = new ArrayList<long[]>();
    for (int i = 0; i < k; i++) {
      for (int j = 0; j < k; j++) {
        if (confusion.units(i, j) > 0) {
          cells.add(new long[] {(long) i * k + j, confusion.units(i, j)});
        }
      }
    }
    long[][] sorted = cells.toArray(new long[0][]);
    Arrays.sort(
        sorted, (a, b) -> a[1] != b[1] ? Long.compare(b[1], a[1]) : Long.compare(a[0], b[0]));
    return sorted;
  }
}
