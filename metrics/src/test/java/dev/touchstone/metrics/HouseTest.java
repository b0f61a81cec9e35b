package dev.touchstone.metrics;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.net.URLDecoder;
import java.net.URLEncoder;

@AnalyzeClasses(
    packages = "dev.touchstone.metrics",
    importOptions = ImportOption.DoNotIncludeTests.class)
class HouseTest {
  @ArchTest
  static final ArchRule THE_MATH_KNOWS_NUMBERS_ONLY =
      classes()
          .should()
          .onlyDependOnClassesThat(
              resideInAnyPackage(
                      "dev.touchstone.metrics..",
                      "java.lang..",
                      "java.math..",
                      "java.nio..",
                      "java.util..",
                      "org.apache.commons.statistics..",
                      "org.apache.commons.numbers..")
                  // text to text: names in a sampling plan's one-line form
                  .or(belongToAnyOf(URLEncoder.class, URLDecoder.class)));

  @ArchTest
  static final ArchRule THE_MATH_KNOWS_NO_CLOCK =
      noClasses()
          .should()
          .callMethod(System.class, "nanoTime")
          .orShould()
          .callMethod(System.class, "currentTimeMillis");

  @ArchTest
  static final ArchRule WHAT_IS_COMMON_KNOWS_NO_TASK =
      noClasses()
          .that()
          .resideInAPackage("dev.touchstone.metrics")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.touchstone.metrics.binary..");
}
