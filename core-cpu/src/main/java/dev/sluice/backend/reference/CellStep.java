package dev.sluice.backend.reference;

import dev.sluice.backend.RecurrentSpec;

/** One step of one sequence: what went into the cell, what came out, and what backward needs. */
final class CellStep {
  /** Input, [I]. */
  final double[] x;

  /** Output of the step before, [H]. */
  final double[] h;

  /** Cell state before the step, [H]; of no meaning to cells without one. */
  final double[] c;

  /** h' [H], written by the cell. */
  final double[] nextH;

  /** c' [H], written by cells that have a cell state. */
  final double[] nextC;

  /** What the cell keeps for its backward, {@link ReferenceCell#saved} numbers a unit. */
  final double[] saved;

  CellStep(RecurrentSpec spec, ReferenceCell cell, double[] x, double[] h, double[] c) {
    this.x = x;
    this.h = h;
    this.c = c;
    this.nextH = new double[spec.hiddenSize()];
    this.nextC = new double[spec.hiddenSize()];
    this.saved = new double[cell.saved() * spec.hiddenSize()];
  }
}
