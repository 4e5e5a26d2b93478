package dev.sluice.train;

import dev.sluice.backend.DType;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.optim.Schedule;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Toy training in a process of its own, for tests that kill it, signal it or take its disk. */
final class ToyProcess {
  /** Large enough that a checkpoint does not fit one write buffer. */
  static final int HIDDEN = 40;

  private ToyProcess() {}

  static ToyRun toy(Path folder) {
    ToyRun toy = new ToyRun(HIDDEN, new Schedule.Constant(0.01));
    toy.builder.folder(new RunFolder(folder)).samples(false);
    return toy;
  }

  /**
   * Starts {@link #main}.
   *
   * @param fileBlocks largest file that the process may write, in blocks of 1,024 bytes; 0 for any
   */
  static Process start(int fileBlocks, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    if (fileBlocks > 0) {
      command.addAll(List.of("bash", "-c", "ulimit -f " + fileBlocks + "; exec \"$@\"", "bash"));
    }
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:-UsePerfData", "-XX:TieredStopAtLevel=1", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(ToyProcess.class.getName());
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }

  /** Reads the process's output up to a line. */
  static void await(BufferedReader output, String wanted) throws IOException {
    List<String> seen = new ArrayList<>();
    for (String line = output.readLine(); !wanted.equals(line); line = output.readLine()) {
      if (line == null) {
        throw new IOException("the process ended without saying " + wanted + ": " + seen);
      }
      seen.add(line);
    }
  }

  /**
   * Trains.
   *
   * @param arguments folder, then {@code hang STEP} (hangs in the middle of the checkpoint of that
   *     step), {@code signal} (until a signal comes), {@code stubborn} (ignores the first signal) or {@code resume STEP} (from the last
   *     checkpoint to that step)
   */
  public static void main(String[] arguments) throws Exception {
    Path folder = Path.of(arguments[0]);
    ToyRun toy = toy(folder);
    switch (arguments[1]) {
      case "hang" -> hang(toy, Integer.parseInt(arguments[2]));
      case "signal" -> signal(toy);
      case "stubborn" -> stubborn();
      default -> {
        RunFolder files = new RunFolder(folder);
        toy.builder.maxSteps(Long.parseLong(arguments[2])).resume(files.lastCheckpoint());
        try {
          System.out.println(toy.run().reason());
        } catch (TrainingException e) {
          System.out.println(e.getMessage());
        }
      }
    }
  }

  private static void hang(ToyRun toy, int step) throws Exception {
    toy.problem.carriedView =
        tensor -> new HangingTensor(tensor, () -> toy.problem.batches.size() == step);
    toy.builder.maxSteps(1_000).checkpointEvery(1).validateEachEpoch(false);
    toy.run();
  }

  private static void signal(ToyRun toy) throws Exception {
    toy.problem.afterBatch =
        (_, step) -> {
          if (step == 2) {
            System.out.println("training");
          }
          sleep(5);
        };
    toy.builder.maxSteps(2_000).validateEachEpoch(false); // an end, should no signal arrive
    Trainer trainer = toy.builder.build();
    try (StopSignals signals = StopSignals.install(trainer::requestStop)) {
      TrainingResult result = trainer.run();
      System.out.println(result.reason() + " " + signals.received());
    }
  }

  private static void stubborn() {
    try (StopSignals _ = StopSignals.install(() -> System.out.println("asked"))) {
      System.out.println("ready");
      sleep(60_000);
    }
  }

  private static void sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** When something holds. */
  private interface Condition {
    boolean holds();
  }

  /** A tensor whose download never returns once a condition holds. */
  private record HangingTensor(Tensor tensor, Condition condition) implements Tensor {
    @Override
    public DType type() {
      return tensor.type();
    }

    @Override
    public Shape shape() {
      return tensor.shape();
    }

    @Override
    public Tensor slice(long from, Shape shape) {
      return new HangingTensor(tensor.slice(from, shape), condition);
    }

    @Override
    public void upload(float[] source, int from) {
      tensor.upload(source, from);
    }

    @Override
    public void upload(int[] source, int from) {
      tensor.upload(source, from);
    }

    @Override
    public void download(float[] target, int to) {
      if (condition.holds()) {
        System.out.println("writing");
        sleep(60_000);
      }
      tensor.download(target, to);
    }

    @Override
    public void download(int[] target, int to) {
      tensor.download(target, to);
    }

    @Override
    public void close() {
      tensor.close();
    }
  }
}
