package dev.sluice.bench;

import dev.sluice.bench.gpu.GpuChoice;
import dev.sluice.bench.gpu.GpuSpeed;
import dev.sluice.bench.gpu.GpuWork;
import dev.sluice.bench.gpu.NumberType;
import dev.sluice.cli.UsageException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code sluice gpu-speed}: recurrent layers on a GPU, in turn with PyTorch. */
@Command(
    name = "gpu-speed",
    description = {
      "Measures recurrent layers and a language model's training step on a GPU, in turn with PyTorch:"
          + " the same numbers, compared before they are timed, against what the device can do."
          + " bench/gpu-speed.sh runs it with what it needs.",
      ""
    })
final class GpuSpeedCommand implements Callable<Integer> {
  private final PrintStream out;
  private final PrintStream err;

  @Option(
      names = "--device",
      paramLabel = "DEVICE",
      description = "cuda, or cuda:1 (default: ${DEFAULT-VALUE}).")
  private String device = "cuda";

  @Option(
      names = "--python",
      paramLabel = "FILE",
      description = "A Python that has PyTorch (default: ${DEFAULT-VALUE}).")
  private String python = "python3";

  @Option(
      names = "--engine",
      paramLabel = "FILE",
      description = "bench/torch_engine.py; without it Sluice runs alone.")
  private Path engine;

  @Option(
      names = "--only",
      paramLabel = "TEXT",
      description = "Only works whose name contains this, for example 'GRU (1024'.")
  private String only = "";

  @Option(
      names = "--shape",
      paramLabel = "H,B,T",
      description = "These sizes instead of the standing grid; may be given several times.")
  private List<String> shapes = List.of();

  @Option(
      names = "--model",
      paramLabel = "H,L,B,T,V",
      description = "A language model's training step of this size instead of all else.")
  private String model;

  @Option(
      names = "--full",
      description = "All sizes in all variants, which may take an hour: see --budget.")
  private boolean full;

  @Option(names = "--list", description = "Print the works in their order, and stop.")
  private boolean list;

  @Option(
      names = "--budget",
      paramLabel = "SECONDS",
      description = "Begin no work that would probably end later (default: ${DEFAULT-VALUE}).")
  private int budget = 400;

  @Option(
      names = "--page",
      paramLabel = "FILE",
      description = "A document into which the tables go; a copy is left in --out.")
  private Path page;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      description = "For gpu-speed.json and the document (default: this folder).")
  private Path folder = Path.of("");

  @Option(
      names = "--profile",
      paramLabel = "COMMAND",
      split = " ",
      description =
          "Run Sluice's engine under this command, do one iteration of the first work in --type, and"
              + " stop: for example a profiler with its options.")
  private List<String> profiler = List.of();

  @Option(
      names = "--type",
      paramLabel = "KIND",
      description = "fp32, tf32 or bf16, with --profile (default: ${DEFAULT-VALUE}).")
  private NumberType type = NumberType.BF16;

  GpuSpeedCommand(PrintStream out, PrintStream err) {
    this.out = out;
    this.err = err;
  }

  @Override
  public Integer call() throws IOException {
    List<GpuWork> works = works();
    if (list) {
      works.forEach(work -> out.println(work.title()));
      return 0;
    }
    if (budget < 1) {
      throw new UsageException("--budget must be at least 1 second, not " + budget);
    }
    if (!Files.isDirectory(folder.toAbsolutePath())) {
      throw new UsageException("cannot write into %s: there is no such folder".formatted(folder));
    }
    Progress progress = new Progress(err);
    GpuSpeed run = new GpuSpeed(out, progress);
    if (!profiler.isEmpty()) {
      return run.profile(device, profiler, works.getFirst(), type);
    }
    return run.measure(
        new GpuSpeed.Request(
            Versions.running(),
            device,
            pytorch(),
            works,
            Duration.ofSeconds(budget),
            page,
            folder.toAbsolutePath()));
  }

  private List<String> pytorch() {
    return engine == null
        ? List.of()
        : List.of(python, engine.toString(), device.startsWith("cuda") ? "cuda" : device);
  }

  private List<GpuWork> works() {
    try {
      List<GpuWork> works = GpuChoice.works(full, shapes, model, only);
      if (works.isEmpty()) {
        throw new UsageException(
            "no work's name contains '%s'; 'sluice gpu-speed --list' lists them".formatted(only));
      }
      return works;
    } catch (IllegalArgumentException e) {
      throw new UsageException(e.getMessage());
    }
  }
}
