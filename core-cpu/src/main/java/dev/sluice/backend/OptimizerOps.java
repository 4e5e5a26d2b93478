package dev.sluice.backend;

/** Optimiser steps over one packed parameter buffer, and the norm that clipping needs. */
public interface OptimizerOps {
  /**
   * What an update reads besides parameters and gradients. The tensors are read when the update
   * runs, so a step can be replayed with a new learning rate.
   *
   * @param learningRate [1]
   * @param applied INT32 [1]: number of updates applied so far; the update adds 1
   * @param gradientSquares [1]: sum of the squared gradients. When it is not finite the update
   *     leaves everything as it was, {@code applied} too
   * @param clipNorm gradients are scaled by min(1, clipNorm / (√gradientSquares + 1e-6)); infinity
   *     for no clipping
   * @param clipValue after that, each gradient is limited to ±clipValue; infinity for no clipping
   */
  record Controls(
      Tensor learningRate,
      Tensor applied,
      Tensor gradientSquares,
      float clipNorm,
      float clipValue) {
    public Controls {
      if (!(clipNorm > 0) || !(clipValue > 0)) {
        throw new IllegalArgumentException(
            "clipNorm and clipValue must be above 0, not " + clipNorm + " and " + clipValue);
      }
    }
  }

  /**
   * out[0] = Σ x², summed in one fixed order. NaN or infinite as soon as one element is.
   *
   * @param x any shape
   * @param out [1]
   */
  void sumOfSquares(Tensor x, Tensor out);

  /**
   * Applies one step of {@code rule}.
   *
   * @param parameters [P]; changed in place
   * @param gradients [P]; not modified
   * @param state [rule.stateSlots(), P], zero before the first step; null when there are no slots.
   *     Slot order: sgd v; rmsprop s; adam m, v
   * @param controls learning rate, clipping and the step counter
   */
  void update(
      UpdateRule rule, Tensor parameters, Tensor gradients, Tensor state, Controls controls);
}
