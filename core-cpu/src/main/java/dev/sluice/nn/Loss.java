package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Shape;

/** What training makes small: compares a model's output with targets. */
public sealed interface Loss permits CrossEntropy, RegressionLoss {
  /**
   * Prepares the loss for outputs of one shape.
   *
   * @param backend on which the model runs
   * @param output shape of the model's output
   * @param training whether the gradient is wanted
   * @param inPlace whether the gradient replaces the output, which saves a buffer of its size: what
   *     {@link LayerPlan#outputIsFree} of the model's plan answers
   */
  LossPlan plan(Backend backend, Shape output, boolean training, boolean inPlace);

  /** Bytes that {@link #plan} with the same arguments will allocate. */
  default long planBytes(Shape output, boolean training, boolean inPlace) {
    long gradient = training && !inPlace ? AbstractPlan.bytes(output) : 0;
    return AbstractPlan.bytes(LossPlan.TOTAL) + gradient;
  }
}
