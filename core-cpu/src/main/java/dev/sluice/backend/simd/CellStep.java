package dev.sluice.backend.simd;

import java.util.Arrays;

/**
 * What a cell's pointwise code reads and writes at one step: the part of one team member. Rows are
 * sequences, units are columns of H; an array's {@code At} is the index of row 0, unit 0 at this
 * step, and rows are H apart unless a stride says otherwise.
 */
class CellStep {
  /** H. */
  int hidden;

  int rowFrom;
  int rowTo;
  int unitFrom;
  int unitTo;

  /** Steps valid for each row, from {@code lengthsAt}; null when all are. */
  int[] lengths;

  int lengthsAt;

  /** This step's index in time, and whether time runs backwards. */
  int time;

  int steps;
  boolean reverse;

  /** Pre-activations, gates or gradients; rows are {@code gatesStride} apart. */
  float[] gates;

  int gatesAt;
  int gatesStride;

  /** The cell's own buffer. */
  float[] auxiliary;

  int auxiliaryAt;

  /** Biases that are added to the gates, G·H. */
  float[] bias;

  /** Biases that are added to AUXILIARY results, H; zeros when there are none. */
  float[] auxiliaryBias;

  /** Forward: h before the step, from {@code hAt}, and after it, from index 0. */
  float[] h;

  int hAt;
  float[] hNext;

  /** c before and after the step (may be the same place). */
  float[] c;

  int cAt;
  float[] cNext;
  int cNextAt;

  /** The layer's output at this step; rows {@code outStride} apart. Backward: at the step before. */
  float[] out;

  int outAt;
  int outStride;

  /** Backward: h before each sequence's first step. */
  float[] initial;

  int initialAt;

  /** Backward: gradient of the output at this step. */
  float[] dOut;

  int dOutAt;
  int dOutStride;

  /** Backward: gradient of h and c after the step, replaced by that before it; from index 0. */
  float[] dh;

  float[] dc;

  /** Backward: gradient of the AUXILIARY operand; from index 0. */
  float[] dAuxiliary;

  /** Whether a row's sequence has a step at this time. */
  boolean active(int row) {
    return lengths == null || time < lengths[lengthsAt + row];
  }

  /** Whether this time is a row's first step, before which its state is the initial one. */
  boolean first(int row) {
    if (!reverse) {
      return time == 0;
    }
    return time == (lengths == null ? steps : lengths[lengthsAt + row]) - 1;
  }

  /** Backward: the array that holds a row's h before this step. */
  float[] hBefore(int row) {
    return first(row) ? initial : out;
  }

  /** Backward: where in {@link #hBefore} the row's unit 0 lies. */
  int hBeforeAt(int row) {
    return first(row) ? initialAt + row * hidden : outAt + row * outStride;
  }

  /** Forward past a sequence's end: the state stays and the output is zero. */
  void keep(int row) {
    int count = unitTo - unitFrom;
    int at = row * hidden + unitFrom;
    System.arraycopy(h, hAt + at, hNext, at, count);
    if (c != null) {
      System.arraycopy(c, cAt + at, cNext, cNextAt + at, count);
    }
    clear(out, outAt + row * outStride + unitFrom, count);
    if (auxiliary != null) {
      clear(auxiliary, auxiliaryAt + at, count);
    }
  }

  /** Backward past a sequence's end: the gates get no gradient, that of the state stays. */
  void clearGates(int row, int blockFrom, int blockTo) {
    for (int block = blockFrom; block < blockTo; block++) {
      clear(gates, gatesAt + row * gatesStride + block * hidden + unitFrom, unitTo - unitFrom);
    }
  }

  static void clear(float[] array, int from, int count) {
    Arrays.fill(array, from, from + count, 0);
  }
}
