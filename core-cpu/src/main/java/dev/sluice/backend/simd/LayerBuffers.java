package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.FIRST;

/**
 * What one layer and direction keeps of a pass. For training: the gates, c and the cell's own buffer
 * of every step (h is the layer's output). For inference: those of a few steps. All begin at {@link
 * Lanes#FIRST}.
 */
final class LayerBuffers {
  /** Rows of x whose input products are computed at once: enough for tiles to run at full speed. */
  private static final int CHUNK_ROWS = Gemm.MC;

  /** [T, B, G·H], rows {@link LayerShape#gateStride} apart; of one chunk of steps for inference. */
  final float[] gates;

  /** [T, B, H] or null; [B, H] for inference. */
  final float[] auxiliary;

  /** [T, B, H] or null; [B, H] for inference. */
  final float[] c;

  /** Whether every step is kept. */
  final boolean training;

  /** Steps whose input products are computed at once. */
  final int chunk;

  LayerBuffers(LayerShape shape, boolean hasCellState, boolean training) {
    this.training = training;
    this.chunk = chunk(shape.maxSteps(), shape.batch());
    int steps = training ? shape.maxSteps() : 1;
    gates = array(training ? shape.maxSteps() : chunk, shape.batch(), shape.gateStride());
    auxiliary = shape.cell().auxiliary() ? array(steps, shape.batch(), shape.hidden()) : null;
    c = hasCellState ? array(steps, shape.batch(), shape.hidden()) : null;
  }

  /** Steps whose input products are computed at once. */
  static int chunk(int maxSteps, int batch) {
    return Math.clamp((CHUNK_ROWS + batch - 1) / batch, 1, maxSteps);
  }

  /** Floats that the buffers of such a layer hold. */
  static long size(LayerShape shape, boolean hasCellState, boolean training) {
    long steps = training ? shape.maxSteps() : 1;
    long gateSteps = training ? shape.maxSteps() : chunk(shape.maxSteps(), shape.batch());
    int states = (shape.cell().auxiliary() ? 1 : 0) + (hasCellState ? 1 : 0);
    return FIRST * (1L + states)
        + gateSteps * shape.batch() * shape.gateStride()
        + steps * states * shape.stateSize();
  }

  private static float[] array(int steps, int batch, int columns) {
    return new float[Math.toIntExact(FIRST + (long) steps * batch * columns)];
  }

  /** Index of the gates of a time; {@code chunkStart} is the first time of the running chunk. */
  int gatesAt(int time, int chunkStart, int stepSize) {
    return FIRST + (training ? time : time - chunkStart) * stepSize;
  }

  /** Index of c or the cell's own buffer at a time. */
  int stateAt(int time, int stateSize) {
    return FIRST + (training ? time * stateSize : 0);
  }
}
