package dev.sluice.train;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.DType;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import dev.sluice.backend.reference.ReferenceBackend;
import dev.sluice.optim.Optimizer;
import dev.sluice.optim.Schedule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A {@link ToyProblem} with all that a trainer needs, made anew as another process would. */
final class ToyRun implements AutoCloseable {
  static final int HIDDEN = 3;
  static final long SEED = 7;

  final Backend backend;
  final ToyProblem problem;
  final Optimizer optimizer;
  final RunHistory history = new RunHistory();
  final Trainer.Builder builder;

  ToyRun() {
    this(HIDDEN, new Schedule.Exponential(0.02, 0.97, 1));
  }

  ToyRun(int hidden, Schedule schedule) {
    this(hidden, schedule, new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 0, false));
  }

  ToyRun(int hidden, Schedule schedule, UpdateRule rule) {
    this(new ReferenceBackend(), hidden, schedule, rule);
    List<Tensor> lasting = new ArrayList<>(problem.carried().values());
    lasting.add(problem.parameters().values());
    lasting.addAll(optimizer.state().values());
    lasting.removeIf(tensor -> tensor.type() == DType.INT32);
    problem.rounded = lasting;
  }

  /** On the CPU's vector units, in single precision as it is. */
  static ToyRun onTheCpu(int threads) {
    return new ToyRun(
        Backends.choose("simd", new BackendOptions(threads, 0)).backend(),
        HIDDEN,
        new Schedule.Exponential(0.02, 0.97, 1),
        new UpdateRule.Adam(0.9f, 0.999f, 1e-8f, 0, false));
  }

  private ToyRun(Backend backend, int hidden, Schedule schedule, UpdateRule rule) {
    this.backend = backend;
    problem = new ToyProblem(backend, hidden, SEED);
    optimizer = new Optimizer(backend, problem.parameters(), rule, 1, Optimizer.NO_CLIPPING);
    builder = Trainer.builder(backend, problem, optimizer, schedule).seed(SEED).listener(history);
  }

  /** Keeps files in a folder, metrics too. */
  ToyRun in(Path folder) {
    RunFolder files = new RunFolder(folder);
    builder.folder(files);
    builder.listener(new MetricsLog(files.metrics()));
    return this;
  }

  TrainingResult run() throws Exception {
    return builder.build().run();
  }

  float[] parameters() {
    return problem.parameters().values().toFloats();
  }

  @Override
  public void close() {
    optimizer.close();
    problem.parameters().close();
    backend.close();
  }
}
