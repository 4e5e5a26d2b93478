package dev.sluice.train;

import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Tensor;
import dev.sluice.nn.ParameterStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * A model together with its data: what a {@link Trainer} repeats.
 *
 * <p>An epoch is one pass over {@link #batchesPerEpoch()} micro-batches. The trainer calls {@link
 * #startEpoch}, then {@link #load} and {@link #accumulate} for batch 0, 1, 2, …; between some of them it applies the
 * optimiser, evaluates, samples and saves. After a resume it calls {@code startEpoch} of the epoch it
 * stopped in, uploads what {@link #carried()} held, and goes on with the next batch. So {@code
 * startEpoch}, {@code load} and {@code accumulate} may depend on their arguments, the parameters, the carried
 * tensors and what the problem was made with, and on nothing else.
 *
 * <p>All calls come from one thread.
 */
public interface TrainingProblem {
  /** The model's parameters and gradients, allocated. */
  ParameterStore parameters();

  /** Micro-batches of an epoch, at least 1; always the same. */
  long batchesPerEpoch();

  /** What throughput is counted in, in the plural: {@code characters}, {@code tokens}, … */
  String unit();

  /** Units that one micro-batch processes, on average. */
  double unitsPerBatch();

  /** Unit of the loss for axes and tables, for example {@code nats/character}; may be empty. */
  default String lossUnit() {
    return "";
  }

  /**
   * Begins a pass over the data: resets carried state, draws a new order.
   *
   * @param epoch from 0 up
   */
  void startEpoch(long epoch);

  /**
   * Uploads the data of one micro-batch into tensors that are the same each time; {@link #accumulate}
   * reads them. Allocates nothing on the heap.
   *
   * @param batch 0 up to but not including {@link #batchesPerEpoch()}, in ascending order
   */
  void load(long batch);

  /**
   * Runs forward and backward of the micro-batch that was loaded: adds its gradients to those of
   * {@link #parameters()}, and the sum of its losses and their number to {@link #trainTotal()}.
   *
   * <p>The trainer makes this part of a {@link dev.sluice.backend.Replay}: with the same arguments it
   * makes the same calls on the same tensors, uploads and downloads nothing, and on a GPU is soon no
   * longer called, as what it enqueued is repeated without it.
   *
   * @param gradientScale factor on the gradient of the micro-batch's mean loss: 1 / micro-batches of
   *     the step
   * @param draw random numbers of this micro-batch; streams from 0 up are the problem's
   */
  void accumulate(float gradientScale, RandomDraw draw);

  /** {@link #load} and {@link #accumulate(float, RandomDraw)}, for a loop other than the trainer's. */
  default void accumulate(long batch, float gradientScale, RandomDraw draw) {
    load(batch);
    accumulate(gradientScale, draw);
  }

  /**
   * Where losses are summed on the device, FLOAT32 [2]: sum, count. Always the same tensor; the
   * trainer zeroes it before each optimiser step.
   */
  Tensor trainTotal();

  /**
   * Mean loss over the held-out data. Leaves parameters, gradients, training total and carried state
   * as they were.
   *
   * @return {@link Evaluation#NONE} when there is no held-out data
   */
  Evaluation evaluate();

  /**
   * Tensors that an exact resume needs besides the parameters, by name: the carried h and c, for
   * example. Always the same tensors; empty when nothing is carried from batch to batch.
   */
  Map<String, Tensor> carried();

  /**
   * Writes the model as it is now into a file of its own, whole or not at all.
   *
   * @throws IOException when the file cannot be written; a file that was there is still whole then
   */
  void saveModel(Path file) throws IOException;

  /**
   * What the model makes at this moment, for people to look at: a generated text, for example. Leaves
   * the training as it was. Empty when there is nothing to show.
   */
  default String sample() {
    return "";
  }
}
