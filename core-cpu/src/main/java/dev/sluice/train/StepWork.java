package dev.sluice.train;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Parts;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Replay;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * What the device does in an optimiser step once the data is there: zero the gradients, forward and
 * backward of each micro-batch, clip, update. A micro-batch is one piece of work that the backend may
 * record, together with what stands before the first and after the last of a step; so a step without
 * accumulation is one piece. Whatever changes from step to step is in tensors.
 *
 * <p>The loss of a step is added to the window of the report at the beginning of the next one: only
 * then it is known whether the step counts.
 */
final class StepWork implements AutoCloseable {
  private final Parts parts = new Parts();
  private final Trainer.Builder run;
  private final Backend backend;
  private final Tensor total; // of the current step: sum and count
  private final Tensor loss; // its sum
  private final Tensor window;
  private final Tensor microStep;
  private final RandomDraw draw;
  private final List<Piece> pieces = new ArrayList<>();
  private boolean whole = true; // whether the last step is complete

  /**
   * The work of one place in a step.
   *
   * @param first whether its micro-batch is the first of the step
   * @param last whether it is the last
   * @param batches of the step
   */
  private record Piece(boolean first, boolean last, int batches, Replay replay) {}

  /** The work of a run whose problem and optimiser are ready. */
  StepWork(Trainer.Builder run) {
    this.run = run;
    backend = run.backend;
    total = run.problem.trainTotal();
    loss = total.slice(0, Shape.of(1));
    window = parts.add(() -> backend.allocate(DType.FLOAT32, Shape.of(2)));
    microStep = parts.add(() -> backend.allocate(DType.INT32, Shape.of(1)));
    draw = new RandomDraw(run.seed, 0, microStep);
    dropLoss();
  }

  /** Begins, with the number of micro-batches that were done in runs before this. */
  void begin(long microSteps) {
    microStep.upload(new int[] {(int) microSteps}, 0);
  }

  /**
   * Enqueues the work for the micro-batch that was loaded.
   *
   * @param index of it in its step
   * @param batches of the step
   */
  void run(int index, int batches) {
    whole = false;
    piece(index == 0, index == batches - 1, batches).replay.run();
    whole = index == batches - 1;
  }

  /**
   * The losses since {@link #clearWindow}, that of the last whole step included, and how many they
   * are: [2].
   */
  Tensor window() {
    if (whole) {
      addToWindow();
    }
    return window;
  }

  /** Begins a new window. */
  void clearWindow() {
    backend.elements().fill(window, 0);
  }

  /** Leaves the loss of the last step out of the window, unless it was looked at since. */
  void dropLoss() {
    backend.elements().fill(total, 0);
  }

  private Piece piece(boolean first, boolean last, int batches) {
    for (int i = 0; i < pieces.size(); i++) {
      Piece piece = pieces.get(i);
      if (piece.first == first && piece.last == last && piece.batches == batches) {
        return piece;
      }
    }
    Replay replay = parts.add(() -> backend.replay(() -> enqueue(first, last, batches)));
    Piece piece = new Piece(first, last, batches, replay);
    pieces.add(piece);
    return piece;
  }

  private void enqueue(boolean first, boolean last, int batches) {
    if (first) {
      addToWindow(); // the loss of the step before
      run.problem.parameters().zeroGradients();
    }
    run.problem.accumulate(1f / batches, draw);
    backend.elements().increment(microStep);
    if (last) {
      run.optimizer.apply(loss);
    }
  }

  private void addToWindow() {
    backend.elements().add(1, total, window);
    backend.elements().fill(total, 0);
  }

  @Override
  public void close() {
    parts.close(); // replays before the tensors that they read
  }
}
