package dev.sluice.nn;

/**
 * Random orthonormal vectors: independent normal vectors, made orthonormal one after another by
 * Gram-Schmidt in double precision. A vector that loses much of its length to the earlier ones is
 * projected again, which restores orthogonality to rounding ("twice is enough", Parlett 1980, section
 * 6.9). Lengths stay positive, the diagonal of R in a QR decomposition, so no sign correction is
 * needed for uniformly distributed results.
 */
final class OrthogonalMatrix {
  /** Loss of length below which a single projection leaves the vector orthogonal to rounding. */
  private static final double KEPT_LENGTH = Math.sqrt(0.5);

  private OrthogonalMatrix() {}

  /** Writes gain times a [rows, columns] matrix with orthonormal rows or columns. */
  static void fill(
      float gain, float[] values, int from, int rows, int columns, RandomNumbers random) {
    int count = Math.min(rows, columns);
    int length = Math.max(rows, columns);
    double[][] basis = new double[count][length];
    for (int i = 0; i < count; i++) {
      do {
        for (int j = 0; j < length; j++) {
          basis[i][j] = random.normal();
        }
      } while (!orthonormalize(basis, i));
    }
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        double value = rows <= columns ? basis[row][column] : basis[column][row];
        values[from + row * columns + column] = (float) (gain * value);
      }
    }
  }

  /** Makes vector {@code last} a unit vector orthogonal to those before it; false if it cannot. */
  private static boolean orthonormalize(double[][] basis, int last) {
    double[] vector = basis[last];
    double before = Math.sqrt(dot(vector, vector));
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < last; i++) {
        addScaled(-dot(vector, basis[i]), basis[i], vector);
      }
      double after = Math.sqrt(dot(vector, vector));
      if (after > KEPT_LENGTH * before) {
        for (int j = 0; j < vector.length; j++) {
          vector[j] /= after;
        }
        return true;
      }
      before = after;
    }
    return false;
  }

  /** Four partial sums, so that the additions need not wait for each other. */
  private static double dot(double[] a, double[] b) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    int i = 0;
    for (; i + 4 <= a.length; i += 4) {
      s0 += a[i] * b[i];
      s1 += a[i + 1] * b[i + 1];
      s2 += a[i + 2] * b[i + 2];
      s3 += a[i + 3] * b[i + 3];
    }
    for (; i < a.length; i++) {
      s0 += a[i] * b[i];
    }
    return (s0 + s1) + (s2 + s3);
  }

  private static void addScaled(double factor, double[] x, double[] y) {
    for (int i = 0; i < y.length; i++) {
      y[i] += factor * x[i];
    }
  }
}
