package dev.sluice.cli;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendProvider;
import dev.sluice.backend.Backends;
import dev.sluice.backend.RecurrentPath;
import dev.sluice.parity.ParityResult;
import dev.sluice.parity.ParitySuite;
import dev.sluice.parity.ParityTable;
import dev.sluice.parity.ParityTrial;
import dev.sluice.task.LeakCheck;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code sluice parity}: holds backends to the reference. */
@Command(
    name = "parity",
    description = {
      "Compares each backend with the reference: every operation, option and size, the largest"
          + " error beside the bound it must keep. Ends with exit code 1 when a bound is passed.",
      "With --recurrent-path small or grid only the recurrent layers that such a path can run.",
      ""
    })
final class ParityCommand implements Callable<Integer> {
  /** A case and how it went; error and bound are null when a number is missing. */
  record Line(
      String operation,
      String option,
      String size,
      Double error,
      Double bound,
      boolean passed,
      String message) {
    static Line of(ParityResult result) {
      return new Line(
          result.parityCase().operation(),
          result.parityCase().option(),
          result.parityCase().size(),
          finite(result.error()),
          finite(result.bound()),
          result.passed(),
          result.message());
    }

    private static Double finite(double value) {
      return Double.isFinite(value) ? value : null;
    }
  }

  record Report(String backend, String description, int cases, long failed, List<Line> results) {}

  @ParentCommand private Main main;

  @Mixin private TrainingDeviceOptions devices;

  @Option(
      names = "--operation",
      paramLabel = "NAME",
      description = "Only cases of operations whose name contains this.")
  private String operation = "";

  @Option(
      names = "--sample",
      description = "Only the largest case of each operation and option, each once.")
  private boolean sample;

  @Option(
      names = "--leaks",
      paramLabel = "MODELS",
      description =
          "Instead of comparing: open, train and close so many models, and look for memory that"
              + " stays.")
  private Integer leaks;

  @Option(names = "--failed", description = "Show failed cases only.")
  private boolean failedOnly;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Override
  public Integer call() {
    if (leaks != null) {
      return lookForLeaks();
    }
    List<ParityTrial> all = sample ? ParitySuite.sample() : ParitySuite.trials();
    boolean inOneLaunch =
        devices.path() == RecurrentPath.SMALL || devices.path() == RecurrentPath.GRID;
    List<ParityTrial> trials =
        (inOneLaunch ? ParitySuite.inOneLaunch(all) : all)
            .stream().filter(trial -> trial.parityCase().operation().contains(operation)).toList();
    if (trials.isEmpty()) {
      List<String> known =
          ParitySuite.trials().stream()
              .map(trial -> trial.parityCase().operation())
              .distinct()
              .toList();
      throw new UsageException(
          "there is no operation '%s'; the nearest is '%s'"
              .formatted(operation, NearestName.of(operation, known)));
    }
    List<Report> reports = new ArrayList<>();
    if (devices.device.equals("auto") && devices.needsGpu()) {
      reports.add(run(trials, "cuda"));
    } else if (devices.device.equals("auto")) {
      for (BackendProvider provider : Backends.providers()) {
        // The reference cannot differ from itself.
        if (provider.priority() >= 0 && provider.probe().available()) {
          reports.add(run(trials, provider.name()));
        }
      }
    } else {
      reports.add(run(trials, devices.device));
    }
    if (json) {
      main.out().println(Json.pretty(reports));
    }
    return reports.stream().allMatch(report -> report.failed() == 0) ? 0 : 1;
  }

  private Report run(List<ParityTrial> trials, String device) {
    PrintStream out = main.out();
    try (Backend backend = devices.open(device).backend()) {
      if (!json) {
        out.println(backend.name() + ": " + backend.description());
        out.println(ParityTable.header());
      }
      List<ParityResult> results =
          ParitySuite.run(
              trials,
              backend,
              result -> {
                if (!json && !(failedOnly && result.passed())) {
                  out.println(ParityTable.row(result));
                }
              });
      if (!json) {
        out.println(ParityTable.summary(backend.name(), results));
      }
      return new Report(
          backend.name(),
          backend.description(),
          results.size(),
          results.stream().filter(result -> !result.passed()).count(),
          results.stream().map(Line::of).toList());
    }
  }

  private int lookForLeaks() {
    if (leaks < 1) {
      throw new UsageException("--leaks must be at least 1, not " + leaks);
    }
    try (Backend backend = devices.open().backend()) {
      LeakCheck.Result result = LeakCheck.run(backend, leaks);
      if (json) {
        main.out().println(Json.pretty(result));
      } else {
        main.out().println(backend.name() + ": " + backend.description());
        main.out().println(sentence(result));
      }
      return result.clean() ? 0 : 1;
    }
  }

  private static String sentence(LeakCheck.Result result) {
    String models = Units.count(result.models(), "model") + " opened, trained and closed: ";
    String free =
        result.freeBefore() < 0
            ? ""
            : "; the device has %s bytes free, %s before"
                .formatted(Units.count(result.freeAfter()), Units.count(result.freeBefore()));
    return models
        + "%s bytes are held, %s before"
            .formatted(Units.count(result.heldAfter()), Units.count(result.heldBefore()))
        + free
        + (result.clean()
            ? "; nothing stayed"
            : "; memory stayed, unless another program uses the device: please report this");
  }
}
