package dev.sluice.backend.simd;

import dev.sluice.backend.RecurrentSpec;

/** Refuses recurrent layers whose buffers or weights would not fit into a Java array. */
final class RecurrentSizes {
  private RecurrentSizes() {}

  /**
   * Checks every array that a plan or stepper makes or indexes, so that its sizes may be computed as
   * ints.
   *
   * @param training whether every step is kept
   * @throws IllegalArgumentException when one of them would have more elements than an array can
   */
  static void require(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    long states = (long) spec.layers() * spec.directions();
    int features = Math.max(spec.inputSize(), spec.outputSize());
    long gateSteps = training ? maxSteps : LayerBuffers.chunk(maxSteps, batch);
    int gates = spec.cell().gates();
    require(spec, maxSteps, batch, "the weights", spec.weightCount(), 1);
    require(
        spec,
        maxSteps,
        batch,
        "a layer's packed weights",
        gates * padded(spec.hiddenSize()),
        padded(Math.max(features, spec.hiddenSize())));
    require(
        spec,
        maxSteps,
        batch,
        "a packed block of inputs",
        BackwardWorkspace.CHUNK,
        padded(features));
    int gateStride = LayerShape.gateStride(spec.gateColumns());
    require(spec, maxSteps, batch, "a layer's gates", gateSteps * batch, gateStride);
    require(spec, maxSteps, batch, "a layer's output", (long) maxSteps * batch, spec.outputSize());
    require(spec, maxSteps, batch, "the state", states * batch, spec.hiddenSize());
  }

  private static long padded(int columns) {
    return (columns + GemmKernels.NR - 1L) / GemmKernels.NR * GemmKernels.NR;
  }

  private static void require(
      RecurrentSpec spec, int maxSteps, int batch, String what, long rows, long columns) {
    if (rows > ArrayTensor.MOST / columns) {
      throw new IllegalArgumentException(
          ("recurrent: with %d steps (T), a batch of %d (B), %d features (I) and %d units (H), %s would"
                  + " have %.0f elements, but an array on the CPU has at most %d")
              .formatted(
                  maxSteps,
                  batch,
                  spec.inputSize(),
                  spec.hiddenSize(),
                  what,
                  (double) rows * columns,
                  ArrayTensor.MOST));
    }
  }
}
