package dev.sluice.backend.simd;

import static dev.sluice.backend.simd.Lanes.LANES;
import static dev.sluice.backend.simd.Lanes.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * Sums over the rows of a matrix, column by column. Rows are summed in order within blocks of 64,
 * and the blocks in order: each column's bits are the same however columns are grouped into vectors
 * or shared among threads, and the rounding error grows with 64 + rows / 64 rather than with rows.
 */
final class ColumnKernels {
  private static final int BLOCK_ROWS = 64;

  private ColumnKernels() {}

  /**
   * sums[f] += Σ x[row, f].
   *
   * @param columns of x
   * @param columnFrom first column to sum
   * @param columnTo end of the columns to sum
   */
  static void addSums(
      float[] x,
      int from,
      int rows,
      int columns,
      int columnFrom,
      int columnTo,
      float[] sums,
      int fromSums) {
    for (int first = 0; first < rows; first += BLOCK_ROWS) {
      int begin = from + first * columns;
      int end = from + Math.min(rows, first + BLOCK_ROWS) * columns;
      int f = columnFrom;
      for (; f + 2 * LANES <= columnTo; f += 2 * LANES) { // two vectors: twice the bandwidth of one
        var sum0 = FloatVector.zero(SPECIES);
        var sum1 = FloatVector.zero(SPECIES);
        for (int row = begin; row < end; row += columns) {
          sum0 = sum0.add(FloatVector.fromArray(SPECIES, x, row + f));
          sum1 = sum1.add(FloatVector.fromArray(SPECIES, x, row + f + LANES));
        }
        int at = fromSums + f;
        FloatVector.fromArray(SPECIES, sums, at).add(sum0).intoArray(sums, at);
        FloatVector.fromArray(SPECIES, sums, at + LANES).add(sum1).intoArray(sums, at + LANES);
      }
      for (; f + LANES <= columnTo; f += LANES) {
        var sum = FloatVector.zero(SPECIES);
        for (int row = begin; row < end; row += columns) {
          sum = sum.add(FloatVector.fromArray(SPECIES, x, row + f));
        }
        FloatVector.fromArray(SPECIES, sums, fromSums + f).add(sum).intoArray(sums, fromSums + f);
      }
      for (; f < columnTo; f++) { // scalar tail
        float sum = 0;
        for (int row = begin; row < end; row += columns) {
          sum += x[row + f];
        }
        sums[fromSums + f] += sum;
      }
    }
  }

  /**
   * The parameters' gradients of layer normalisation: dGain[f] += Σ dy[row, f] · x̂[row, f] and
   * dBias[f] += Σ dy[row, f], with x̂ = (x - mean[row]) · rstd[row].
   */
  static void addNormSums(
      float[] x,
      int fromX,
      float[] dy,
      int fromDy,
      float[] mean,
      int fromMean,
      float[] rstd,
      int fromRstd,
      int rows,
      int columns,
      int columnFrom,
      int columnTo,
      float[] dGain,
      int fromGain,
      float[] dBias,
      int fromBias) {
    for (int first = 0; first < rows; first += BLOCK_ROWS) {
      int end = Math.min(rows, first + BLOCK_ROWS);
      int f = columnFrom;
      for (; f + LANES <= columnTo; f += LANES) { // vector main
        var gain = FloatVector.zero(SPECIES);
        var bias = FloatVector.zero(SPECIES);
        for (int row = first; row < end; row++) {
          var slope = FloatVector.fromArray(SPECIES, dy, fromDy + row * columns + f);
          var normal =
              FloatVector.fromArray(SPECIES, x, fromX + row * columns + f)
                  .sub(mean[fromMean + row])
                  .mul(rstd[fromRstd + row]);
          gain = slope.fma(normal, gain);
          bias = bias.add(slope);
        }
        FloatVector.fromArray(SPECIES, dGain, fromGain + f)
            .add(gain)
            .intoArray(dGain, fromGain + f);
        FloatVector.fromArray(SPECIES, dBias, fromBias + f)
            .add(bias)
            .intoArray(dBias, fromBias + f);
      }
      for (; f < columnTo; f++) { // scalar tail
        float gain = 0;
        float bias = 0;
        for (int row = first; row < end; row++) {
          float slope = dy[fromDy + row * columns + f];
          float normal =
              (x[fromX + row * columns + f] - mean[fromMean + row]) * rstd[fromRstd + row];
          gain = Math.fma(slope, normal, gain);
          bias += slope;
        }
        dGain[fromGain + f] += gain;
        dBias[fromBias + f] += bias;
      }
    }
  }
}
