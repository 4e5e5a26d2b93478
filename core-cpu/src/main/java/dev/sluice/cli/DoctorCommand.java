package dev.sluice.cli;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.BackendProvider;
import dev.sluice.backend.Backends;
import dev.sluice.backend.Diagnosis;
import dev.sluice.backend.Diagnosis.Finding;
import dev.sluice.backend.Diagnosis.Level;
import dev.sluice.backend.OutOfDeviceMemoryException;
import dev.sluice.parity.ParityResult;
import dev.sluice.parity.ParitySuite;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code sluice doctor}: whether the GPU can be used, and what to do when it cannot. */
@Command(
    name = "doctor",
    description = {
      "Looks at everything that training on an NVIDIA GPU needs, and says what is wrong and what to do"
          + " about it. Ends with exit code 0 when the GPU can be used, else 1.",
      ""
    })
final class DoctorCommand implements Callable<Integer> {
  private static final String DEVICE = "cuda";

  record Report(
      String version, boolean usable, boolean standIn, List<Finding> findings, String verdict) {}

  @ParentCommand private Main main;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    Report report = examine();
    if (json) {
      main.out().println(Json.pretty(report));
    } else {
      print(report, main.out());
    }
    return report.usable() ? 0 : 1;
  }

  private static Report examine() {
    List<Finding> findings = new ArrayList<>();
    findings.add(Finding.fact("java", Runtime.version() + ", " + System.getProperty("java.home")));
    BackendProvider provider =
        Backends.providers().stream()
            .filter(candidate -> candidate.device().equals(DEVICE))
            .findFirst()
            .orElse(null);
    if (provider == null) {
      findings.add(
          Finding.problem(
              "backend",
              "this build has no CUDA backend; put the jars of core-gpu and kernels on the class"
                  + " path."));
      return report(new Diagnosis(false, findings));
    }
    Diagnosis diagnosis = provider.diagnose();
    findings.addAll(diagnosis.findings());
    if (diagnosis.problem().isEmpty()) {
      findings.add(parity(provider));
    }
    return report(new Diagnosis(diagnosis.standIn(), findings));
  }

  /** A case of each operation and option, on the device. */
  private static Finding parity(BackendProvider provider) {
    try (Backend backend = provider.create(BackendOptions.DEFAULT)) {
      List<ParityResult> results = ParitySuite.run(ParitySuite.sample(), backend, _ -> {});
      List<ParityResult> failed = results.stream().filter(result -> !result.passed()).toList();
      return failed.isEmpty()
          ? Finding.fact("parity", "%d of %d cases agree".formatted(results.size(), results.size()))
          : Finding.problem(
              "parity",
              ("%d of %d cases differ from the reference, the first is %s; see 'sluice parity"
                      + " --device %s --failed' and report it, and train with --device cpu.")
                  .formatted(
                      failed.size(), results.size(), failed.getFirst().parityCase(), DEVICE));
    } catch (IllegalStateException | OutOfDeviceMemoryException e) {
      return Finding.problem("opening", e.getMessage());
    }
  }

  private static Report report(Diagnosis diagnosis) {
    boolean usable = diagnosis.problem().isEmpty();
    String verdict;
    if (!usable) {
      verdict = "no GPU can be used: " + diagnosis.problem().orElseThrow().text();
    } else if (diagnosis.standIn()) {
      verdict = "the stand-in driver works, which is a test tool, not a GPU";
    } else {
      verdict = "the GPU can be used: sluice train --device cuda";
    }
    return new Report(Main.VERSION, usable, diagnosis.standIn(), diagnosis.findings(), verdict);
  }

  private static void print(Report report, PrintStream out) {
    line(out, "sluice", report.version());
    if (report.standIn()) {
      line(out, "NOTE", "stand-in driver, not a GPU: nothing below says anything about a GPU");
    }
    for (Finding finding : report.findings()) {
      boolean problem = finding.level() == Level.PROBLEM;
      line(out, finding.subject(), (problem ? "PROBLEM: " : "") + finding.text());
    }
    line(out, "verdict", report.usable() ? report.verdict() : "no GPU can be used here");
  }

  private static void line(PrintStream out, String subject, String text) {
    out.println(String.format(Locale.ROOT, "%-10s %s", subject, text));
  }
}
