package dev.sluice.backend;

/** Dropout (Srivastava et al. 2014), scaled while training so that inference needs no change. */
public interface DropoutOps {
  /**
   * y[i] = x[i] / (1 - p) where the draw's uniform number {@link Philox#uniform} of element i is at
   * least p, else 0. The mask is not stored: the backward pass is this same call on the gradient.
   *
   * @param probability p of dropping an element, from 0 up to but not including 1
   * @param draw which random numbers
   * @param x any shape
   * @param y like x; may be x
   */
  void apply(float probability, RandomDraw draw, Tensor x, Tensor y);
}
