package dev.sluice.backend;

/**
 * How a GPU runs the loop over time of recurrent layers. What goes in, what comes out and what is
 * kept between forward and backward is the same in each; results differ by rounding only.
 */
public enum RecurrentPath {
  /** The backend chooses for each stack of layers. */
  AUTO,
  /** A product and a kernel a step: any cell, size and precision. */
  STANDARD,
  /** One launch for all steps, the recurrent weights in one multiprocessor: small layers. */
  SMALL,
  /** One launch for all steps, the recurrent weights spread over all multiprocessors. */
  GRID
}
