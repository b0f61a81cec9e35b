import com.yahoo.labs.samoa.instances.Attribute;
import com.yahoo.labs.samoa.instances.DenseInstance;
import com.yahoo.labs.samoa.instances.Instance;
import com.yahoo.labs.samoa.instances.Instances;
import com.yahoo.labs.samoa.instances.InstancesHeader;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import moa.core.InstanceExample;
import moa.core.Measurement;
import moa.evaluation.ClassificationPerformanceEvaluator;
import moa.evaluation.BasicClassificationPerformanceEvaluator;
import moa.evaluation.WindowAUCImbalancedPerformanceEvaluator;

/** Predictions a second through MOA's evaluators, from instances in memory: its best case. */
public final class MoaRate {
  private MoaRate() {}

  public static void main(String[] args) {
    int rows = Integer.parseInt(args[0]);
    List<Attribute> attributes =
        List.of(new Attribute("x"), new Attribute("class", List.of("0", "1")));
    InstancesHeader header = new InstancesHeader(new Instances("rows", new ArrayList<>(attributes), 0));
    header.setClassIndex(1);
    SplittableRandom random = new SplittableRandom(20240607);
    int held = 100_000;
    InstanceExample[] examples = new InstanceExample[held];
    double[][] votes = new double[held][];
    for (int i = 0; i < held; i++) {
      int label = random.nextInt(200) == 0 ? 1 : 0;
      Instance instance = new DenseInstance(1, new double[] {0, label});
      instance.setDataset(header);
      examples[i] = new InstanceExample(instance);
      double score = Math.min(1, 0.3 * random.nextDouble() + 0.4 * label * random.nextDouble());
      votes[i] = new double[] {1 - score, score};
    }
    String line = "{";
    for (ClassificationPerformanceEvaluator evaluator :
        new ClassificationPerformanceEvaluator[] {
          new BasicClassificationPerformanceEvaluator(), new WindowAUCImbalancedPerformanceEvaluator()
        }) {
      for (int i = 0; i < rows / 4; i++) {
        evaluator.addResult(examples[i % held], votes[i % held]);
      }
      long start = System.nanoTime();
      for (int i = 0; i < rows; i++) {
        evaluator.addResult(examples[i % held], votes[i % held]);
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      Measurement[] all = evaluator.getPerformanceMeasurements();
      if (all.length == 0) {
        throw new IllegalStateException("no measurements");
      }
      line += (line.length() > 1 ? ", " : "") + "\"" + evaluator.getClass().getSimpleName() + "\": " + rows / seconds;
    }
    // the question that the fast tier answers, as far as it goes: of all rows and of each of ten slices
    ClassificationPerformanceEvaluator[] basic = new ClassificationPerformanceEvaluator[11];
    ClassificationPerformanceEvaluator[] area = new ClassificationPerformanceEvaluator[11];
    for (int i = 0; i < basic.length; i++) {
      basic[i] = new BasicClassificationPerformanceEvaluator();
      area[i] = new WindowAUCImbalancedPerformanceEvaluator();
    }
    long start = 0;
    for (int i = -rows / 4; i < rows; i++) {
      if (i == 0) {
        start = System.nanoTime();
      }
      int row = (i + rows) % held;
      int slice = row % 10;
      basic[slice].addResult(examples[row], votes[row]);
      area[slice].addResult(examples[row], votes[row]);
      basic[10].addResult(examples[row], votes[row]);
      area[10].addResult(examples[row], votes[row]);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.println(line + ", \"both_with_ten_slices\": " + rows / seconds + "}");
  }
}
