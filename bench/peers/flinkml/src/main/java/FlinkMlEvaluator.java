import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.configuration.TaskManagerOptions;
import org.apache.flink.ml.evaluation.binaryclassification.BinaryClassificationEvaluator;
import org.apache.flink.ml.evaluation.binaryclassification.BinaryClassificationEvaluatorParams;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;

/**
 * Flink ML's BinaryClassificationEvaluator over two .npy files: labels uint8, scores float32, two
 * subtasks. Prints a JSON object. Arguments: labels, scores, rows.
 */
public final class FlinkMlEvaluator {
  private FlinkMlEvaluator() {}

  public static void main(String[] args) throws Exception {
    var configuration = new Configuration();
    configuration.set(TaskManagerOptions.MANAGED_MEMORY_SIZE, MemorySize.parse("1g"));
    configuration.set(TaskManagerOptions.NETWORK_MEMORY_MIN, MemorySize.parse("256m"));
    configuration.set(TaskManagerOptions.NETWORK_MEMORY_MAX, MemorySize.parse("256m"));
    var env = StreamExecutionEnvironment.getExecutionEnvironment(configuration);
    env.setParallelism(2);
    env.getConfig().enableObjectReuse();
    var tables = StreamTableEnvironment.create(env);
    var rows =
        env.fromSequence(0, Long.parseLong(args[2]) - 1)
            .map(new Read(args[0], args[1]))
            .returns(
                Types.ROW_NAMED(
                    new String[] {"label", "rawPrediction"}, Types.DOUBLE, Types.DOUBLE));
    var evaluator =
        new BinaryClassificationEvaluator()
            .setMetricsNames(
                BinaryClassificationEvaluatorParams.AREA_UNDER_ROC,
                BinaryClassificationEvaluatorParams.AREA_UNDER_PR,
                BinaryClassificationEvaluatorParams.KS);
    try (var result = evaluator.transform(tables.fromDataStream(rows))[0].execute().collect()) {
      var row = result.next();
      System.out.printf(
          "{\"roc_auc\": %s, \"pr_auc_trapezoid\": %s, \"ks\": %s}%n",
          row.getField(0), row.getField(1), row.getField(2));
    }
  }

  /** The row of an index. */
  private static final class Read extends RichMapFunction<Long, Row> {
    private final String labelFile;
    private final String scoreFile;
    private transient MappedByteBuffer labels;
    private transient MappedByteBuffer scores;

    Read(String labelFile, String scoreFile) {
      this.labelFile = labelFile;
      this.scoreFile = scoreFile;
    }

    @Override
    public void open(Configuration parameters) throws IOException {
      labels = data(labelFile);
      scores = data(scoreFile);
    }

    @Override
    public Row map(Long row) {
      int at = Math.toIntExact(row);
      return Row.of((double) labels.get(at), (double) scores.getFloat(4 * at));
    }

    /** What follows the header of an .npy file of version 1. */
    private static MappedByteBuffer data(String file) throws IOException {
      try (var channel = FileChannel.open(Path.of(file))) {
        var whole = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
        whole.order(ByteOrder.LITTLE_ENDIAN);
        int start = 10 + whole.getShort(8);
        var data = channel.map(FileChannel.MapMode.READ_ONLY, start, channel.size() - start);
        data.order(ByteOrder.LITTLE_ENDIAN);
        return data;
      }
    }
  }
}
