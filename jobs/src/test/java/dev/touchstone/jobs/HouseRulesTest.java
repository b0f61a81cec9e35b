package dev.touchstone.jobs;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The house rules of ARCHITECTURE.md, as sentences. */
@AnalyzeClasses(packages = "dev.touchstone", importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {

  private static final String ROOM = "dev.touchstone.jobs.";

  @ArchTest
  static final ArchRule roomsHaveNoCycles =
      slices().matching("dev.touchstone.jobs.(*)..").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule metricsKnowsNoFlinkNoKafkaNoAvroAndNoOtherModule =
      noClasses()
          .that()
          .resideInAPackage("dev.touchstone.metrics..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.apache.flink..",
              "org.apache.kafka..",
              "org.apache.avro..",
              "dev.touchstone.jobs..",
              "dev.touchstone.schemas..");

  @ArchTest
  static final ArchRule fastKnowsNeitherFullNorTheOutside =
      noClasses()
          .that()
          .resideInAPackage(ROOM + "fast..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ROOM + "full..", ROOM + "ingest..", ROOM + "output..");

  @ArchTest
  static final ArchRule fullKnowsNeitherFastNorTheOutside =
      noClasses()
          .that()
          .resideInAPackage(ROOM + "full..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(ROOM + "fast..", ROOM + "ingest..", ROOM + "output..");

  @ArchTest
  static final ArchRule kafkaAndWireRecordsStayAtTheDoors =
      noClasses()
          .that()
          .resideInAPackage("dev.touchstone.jobs..")
          .and()
          .resideOutsideOfPackages(ROOM + "ingest..", ROOM + "output..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.apache.kafka..", "org.apache.avro..", "dev.touchstone.schemas.avro..");

  @ArchTest
  static final ArchRule onlyTheCacheTouchesCacheFiles =
      noClasses()
          .that()
          .resideInAPackage("dev.touchstone.jobs..")
          .and()
          .resideOutsideOfPackage(ROOM + "cache..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.parquet..", "org.apache.flink.core.fs..");

  @ArchTest
  static final ArchRule nobodyImportsAJob =
      noClasses()
          .that()
          .resideInAPackage("dev.touchstone.jobs..")
          .and()
          .haveSimpleNameNotEndingWith("Job")
          .should()
          .dependOnClassesThat()
          .haveSimpleNameEndingWith("Job");

  @ArchTest
  static final ArchRule noClockInTheOperators =
      noClasses()
          .that()
          .resideInAnyPackage(
              ROOM + "ingest..", ROOM + "ledger..", ROOM + "fast..", ROOM + "cache..")
          .should()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(java.time.Instant.class, "now");
}
