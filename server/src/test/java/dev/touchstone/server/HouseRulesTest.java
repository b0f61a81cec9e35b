package dev.touchstone.server;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;

/** Who may know whom, inside the server. */
@AnalyzeClasses(
    packages = "dev.touchstone.server",
    importOptions = ImportOption.DoNotIncludeTests.class)
class HouseRulesTest {

  @ArchTest
  static final ArchRule THE_SERVER_KNOWS_NO_FLINK =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.apache.flink..", "dev.touchstone.jobs..");

  @ArchTest
  static final ArchRule ONLY_THE_KAFKA_ROOM_KNOWS_KAFKA =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.touchstone.server.kafka")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.apache.kafka..");

  @ArchTest
  static final ArchRule ONLY_THE_HTTP_ROOM_KNOWS_HTTP =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.touchstone.server.http")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.javalin..", "org.eclipse.jetty..", "jakarta.servlet..");

  @ArchTest
  static final ArchRule THE_VIEW_HAS_NO_CLOCK =
      noClasses()
          .that()
          .resideInAPackage("dev.touchstone.server.view")
          .should()
          .callMethod(System.class, "currentTimeMillis")
          .orShould()
          .callMethod(java.time.Instant.class, "now")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(java.time.Clock.class);

  @ArchTest
  static final ArchRule ROOMS_HAVE_NO_CYCLES =
      SlicesRuleDefinition.slices()
          .matching("dev.touchstone.server.(*)..")
          .should()
          .beFreeOfCycles();
}
