package dev.sluice.backend.reference;

/**
 * The gradients of one {@link CellStep}: those of its results go in, those of its arguments are added
 * to zeroed arrays.
 *
 * @param nextH gradient of h', [H]
 * @param nextC gradient of c', [H]
 * @param x receives the gradient of x, [I]
 * @param h receives the gradient of h, [H]
 * @param c receives the gradient of c, [H]
 * @param weights receives the gradients of the weights
 */
record CellGradients(
    double[] nextH, double[] nextC, double[] x, double[] h, double[] c, CellWeights weights) {}
