package dev.sluice;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The arrows between the packages point down: command line, tasks, training, layers, contract. Backends
 * are found by name at run time, so nothing but the parity suite imports one.
 */
class ArchitectureTest {
  /** What each package may import besides itself. */
  private static final Map<String, List<String>> ARROWS =
      Map.ofEntries(
          Map.entry("backend", List.of()),
          Map.entry("backend.reference", List.of("backend")),
          Map.entry("backend.simd", List.of("backend")),
          Map.entry("parity", List.of("backend", "backend.reference")),
          Map.entry("data", List.of()),
          Map.entry("format", List.of()),
          Map.entry("nn", List.of("backend")),
          Map.entry("optim", List.of("backend", "nn")),
          Map.entry("train", List.of("backend", "nn", "optim", "data", "format")),
          Map.entry("task", List.of("backend", "nn", "optim", "data", "format", "train")),
          Map.entry(
              "cli",
              List.of("backend", "nn", "optim", "data", "format", "train", "task", "parity")));

  private static JavaClasses engine;

  @BeforeAll
  static void readClasses() {
    engine =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.sluice");
    assertTrue(engine.size() > 50, "found only " + engine.size() + " classes");
  }

  @TestFactory
  Stream<DynamicTest> importsOnlyWhatItMay() {
    return ARROWS.entrySet().stream()
        .map(arrow ->
            DynamicTest.dynamicTest(arrow.getKey(), () -> check(arrow.getKey(), arrow.getValue())));
  }

  private static void check(String from, List<String> allowed) {
    String[] permitted =
        Stream.concat(Stream.of(from), allowed.stream())
            .map(ArchitectureTest::full)
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(full(from))
        .should()
        .dependOnClassesThat(
            resideInAPackage("dev.sluice..").and(not(resideInAnyPackage(permitted))))
        .allowEmptyShould(true)
        .check(engine);
  }

  @Test
  void everyPackageHasItsArrows() {
    String[] known = ARROWS.keySet().stream().map(ArchitectureTest::full).toArray(String[]::new);
    classes().should().resideInAnyPackage(known).check(engine);
  }

  @Test
  void packagesMakeNoCycles() {
    slices().matching("dev.sluice.(**)").should().beFreeOfCycles().check(engine);
  }

  @Test
  void onlyTheCommandLineParsesArguments() {
    noClasses()
        .that()
        .resideOutsideOfPackage(full("cli"))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("picocli..")
        .check(engine);
  }

  @Test
  void backendsNeedNothingButTheJdk() {
    classes()
        .that()
        .resideInAnyPackage("dev.sluice.backend..", "dev.sluice.data..", "dev.sluice.parity..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("java..", "jdk.incubator.vector..", "dev.sluice..")
        .check(engine);
  }

  private static String full(String name) {
    return "dev.sluice." + name;
  }
}
