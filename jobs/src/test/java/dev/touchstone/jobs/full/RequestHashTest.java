package dev.touchstone.jobs.full;

import static org.assertj.core.api.Assertions.assertThat;

import dev.touchstone.jobs.model.Question;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RequestHashTest {

  private static final Question.Slices SLICES = slices("country", "device*country");
  private static final Question.Baseline BASELINE = new Question.Baseline("run", "step", null);

  @Test
  void equalQuestionsHashEqualWhateverTheOrder() {
    Question one = question(List.of("roc_auc", "brier"), SLICES, BASELINE);
    Question same =
        question(
            List.of("brier", "roc_auc", "brier"),
            slices("country*device", "country", "country"),
            BASELINE);
    assertThat(same).isEqualTo(one);
    assertThat(RequestHash.of(same)).isEqualTo(RequestHash.of(one)).hasSize(16);
  }

  @Test
  void everyPartOfTheQuestionCounts() {
    List<Question> questions =
        List.of(
            question(List.of(), null, null),
            question(List.of("brier"), null, null),
            question(List.of("brier", "roc_auc"), null, null),
            question(List.of(), slices("brier"), null),
            question(List.of(), new Question.Slices(List.of("brier"), 50, 20), null),
            question(List.of(), new Question.Slices(List.of("brier"), 20, 10), null),
            question(List.of(), null, BASELINE),
            question(List.of(), null, new Question.Baseline(null, null, "run")),
            Question.everything(200, 0.25),
            new Question(
                List.of(), null, 200, 0.5, new Question.Costs(1, 2), null, null, null, false, 0),
            new Question(
                List.of(),
                null,
                200,
                0.5,
                null,
                null,
                new Question.Bootstrap(9, 2),
                null,
                false,
                0),
            new Question(
                List.of(),
                null,
                200,
                0.5,
                null,
                null,
                new Question.Bootstrap(9, 3),
                null,
                false,
                0),
            new Question(List.of(), null, 200, 0.5, null, null, null, 0, false, 0),
            new Question(List.of(), null, 200, 0.5, null, null, null, null, true, 0),
            new Question(List.of(), null, 200, 0.5, null, null, null, null, false, 500),
            new Question(List.of(), null, 200, 0.5, null, null, null, null, false, 501),
            Question.everything(201, 0.5));
    Set<String> hashes = new HashSet<>();
    questions.forEach(question -> hashes.add(RequestHash.of(question)));
    assertThat(hashes).hasSameSizeAs(questions);
  }

  private static Question.Slices slices(String... by) {
    return new Question.Slices(List.of(by), 50, 10);
  }

  private static Question question(
      List<String> metrics, Question.Slices slices, Question.Baseline baseline) {
    return new Question(metrics, slices, 200, 0.5, null, baseline, null, null, false, 0);
  }
}
