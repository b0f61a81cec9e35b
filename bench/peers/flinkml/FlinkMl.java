import java.io.RandomAccessFile;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.ml.evaluation.binaryclassification.BinaryClassificationEvaluator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.source.RichParallelSourceFunction;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.util.CloseableIterator;

/** Flink ML's evaluator over labels.npy (uint8) and scores.npy (float32), two subtasks. */
public final class FlinkMl {
  private FlinkMl() {}

  public static void main(String[] args) throws Exception {
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setParallelism(2);
    env.getConfig().enableObjectReuse();
    StreamTableEnvironment tables = StreamTableEnvironment.create(env);
    Table rows =
        tables
            .fromDataStream(
                env.addSource(new Npy(args[0], args[1]))
                    .returns(Types.ROW_NAMED(new String[] {"label", "rawPrediction"}, Types.DOUBLE, Types.DOUBLE)))
            .as("label", "rawPrediction");
    BinaryClassificationEvaluator evaluator =
        new BinaryClassificationEvaluator().setMetricsNames("areaUnderPR", "areaUnderROC", "ks");
    Table answer = evaluator.transform(rows)[0];
    try (CloseableIterator<Row> found = answer.execute().collect()) {
      Row row = found.next();
      System.out.printf(
          "{\"pr_auc_trapezoid\": %s, \"roc_auc\": %s, \"ks\": %s}%n",
          row.getField("areaUnderPR"), row.getField("areaUnderROC"), row.getField("ks"));
    }
  }

  /** Every second row. */
  public static final class Npy extends RichParallelSourceFunction<Row> {
    private final String labels;
    private final String scores;
    private volatile boolean running = true;

    Npy(String labels, String scores) {
      this.labels = labels;
      this.scores = scores;
    }

    @Override
    public void run(SourceContext<Row> out) throws Exception {
      MappedByteBuffer y = data(labels);
      MappedByteBuffer s = data(scores);
      int first = getRuntimeContext().getIndexOfThisSubtask();
      int step = getRuntimeContext().getNumberOfParallelSubtasks();
      for (int row = first; row < y.capacity() && running; row += step) {
        out.collect(Row.of((double) y.get(row), (double) s.getFloat(4 * row)));
      }
    }

    private static MappedByteBuffer data(String file) throws Exception {
      try (RandomAccessFile in = new RandomAccessFile(file, "r")) {
        byte[] head = new byte[10];
        in.readFully(head);
        if (!new String(head, 1, 5, StandardCharsets.US_ASCII).equals("NUMPY") || head[6] != 1) {
          throw new IllegalArgumentException(file + " is no version 1 .npy file");
        }
        int offset = 10 + (head[8] & 0xFF | (head[9] & 0xFF) << 8);
        MappedByteBuffer data = in.getChannel().map(FileChannel.MapMode.READ_ONLY, offset, in.length() - offset);
        data.order(ByteOrder.LITTLE_ENDIAN);
        return data;
      }
    }

    @Override
    public void cancel() {
      running = false;
    }
  }
}
