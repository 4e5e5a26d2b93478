package dev.sluice.nn;

import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.Map;

/**
 * A layer prepared for one input shape: its buffers are allocated once and reused by every pass, so
 * results hold until the next call only.
 */
public interface LayerPlan extends AutoCloseable {
  /** Shape of what {@link #forward} returns. */
  Shape output();

  /**
   * Runs the layer.
   *
   * @param input of the planned shape; it must stay as it is until {@link #backward} has run
   * @param pass lengths and random numbers
   * @return the output, in a buffer of the plan's or, where the layer changes nothing, the input
   * @throws IllegalArgumentException when the input has another shape
   */
  Tensor forward(Tensor input, Pass pass);

  /**
   * Adds this pass's gradients to those of the layer's parameters. At most once for each forward.
   *
   * @param dOutput gradient of the output; the layer may overwrite it
   * @return gradient of the input, in a buffer of the plan's or in {@code dOutput}; null unless the
   *     plan was made for {@link Gradients#ALL} and the input is not of integers
   * @throws IllegalArgumentException when {@code dOutput} has another shape than the output
   * @throws IllegalStateException when the plan is for inference or no forward came before
   */
  Tensor backward(Tensor dOutput);

  /**
   * Whether the output may be overwritten before {@link #backward}, so that a loss can put its
   * gradient there and save a buffer.
   */
  boolean outputIsFree();

  /** Makes the state after the last forward the state before the next; without state, nothing. */
  default void carry() {}

  /** Sets the state before the next forward to zero; without state, nothing. */
  default void resetState() {}

  /** The state before the next forward by name, for checkpoints: may be uploaded to. */
  default Map<String, Tensor> carried() {
    return Map.of();
  }

  /** Frees the buffers; closing twice does nothing. */
  @Override
  void close();
}
