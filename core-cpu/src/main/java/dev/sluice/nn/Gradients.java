package dev.sluice.nn;

/** Which gradients a plan will be asked for, and so what it keeps and allocates. */
public enum Gradients {
  /** Inference: no backward pass; dropout does nothing. */
  NONE,
  /** Training of a model's first layer: parameters only; backward returns null. */
  PARAMETERS,
  /** Training of any other layer: parameters and the layer's input. */
  ALL;

  /** Whether there will be a backward pass. */
  public boolean training() {
    return this != NONE;
  }
}
