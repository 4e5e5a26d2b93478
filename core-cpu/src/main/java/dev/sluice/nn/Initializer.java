package dev.sluice.nn;

import dev.sluice.backend.Shape;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/** How a parameter's initial values are drawn; on the host, in one fixed order. */
public sealed interface Initializer {
  /**
   * Writes the initial values of one parameter.
   *
   * @param values receives {@code shape.size()} numbers, row-major, from {@code from} on
   * @param from index of the first
   * @param shape of the parameter; a weight matrix is [outputs, inputs]
   * @param random where to draw from
   * @throws IllegalArgumentException when the shape does not suit, for example a vector where fans
   *     are needed
   */
  void fill(float[] values, int from, Shape shape, RandomNumbers random);

  /** All zeros. */
  static Initializer zeros() {
    return new Constant(0);
  }

  /** All one value. */
  static Initializer constant(float value) {
    return new Constant(value);
  }

  /** Uniform in [-bound, bound). */
  static Initializer uniform(float bound) {
    return new Uniform(bound);
  }

  /**
   * Uniform in ±1/√n: what PyTorch uses for recurrent layers, with n = H for all weights and biases,
   * and for linear layers, with n = inputs (LeCun et al. 1998 up to a factor √3).
   */
  static Initializer fanIn(int n) {
    if (n < 1) {
      throw new IllegalArgumentException("fanIn: n must be at least 1, not " + n);
    }
    return new Uniform((float) (1 / Math.sqrt(n)));
  }

  /** Normal with mean 0 and the given standard deviation. */
  static Initializer normal(float deviation) {
    return new Normal(deviation);
  }

  /** {@link XavierUniform} with gain 1. */
  static Initializer xavierUniform() {
    return new XavierUniform(1);
  }

  /** {@link XavierNormal} with gain 1. */
  static Initializer xavierNormal() {
    return new XavierNormal(1);
  }

  /** {@link Orthogonal} with the given gain. */
  static Initializer orthogonal(float gain) {
    return new Orthogonal(gain);
  }

  /** Every block of a gate-stacked parameter [G·H, ...] drawn like a parameter of its own. */
  static Initializer perGate(int gates, Initializer each) {
    return gates == 1 ? each : new Stacked(Collections.nCopies(gates, each));
  }

  /** Every element is {@code value}. */
  record Constant(float value) implements Initializer {
    @Override
    public void fill(float[] values, int from, Shape shape, RandomNumbers random) {
      Arrays.fill(values, from, from + Math.toIntExact(shape.size()), value);
    }
  }

  /**
   * Uniform in [-bound, bound).
   *
   * @param bound at least 0
   */
  record Uniform(float bound) implements Initializer {
    public Uniform {
      notNegative("uniform", "bound", bound);
    }

    @Override
    public void fill(float[] values, int from, Shape shape, RandomNumbers random) {
      fillUniform(bound, values, from, shape, random);
    }
  }

  /**
   * Normal with mean 0.
   *
   * @param deviation standard deviation, at least 0
   */
  record Normal(float deviation) implements Initializer {
    public Normal {
      notNegative("normal", "deviation", deviation);
    }

    @Override
    public void fill(float[] values, int from, Shape shape, RandomNumbers random) {
      fillNormal(deviation, values, from, shape, random);
    }
  }

  /**
   * Uniform in ±gain·√(6 / (inputs + outputs)), which keeps the variance of activations and
   * gradients alike (Glorot and Bengio 2010, equation 16). Matrices only.
   *
   * @param gain at least 0
   */
  record XavierUniform(float gain) implements Initializer {
    public XavierUniform {
      notNegative("xavierUniform", "gain", gain);
    }

    @Override
    public void fill(float[] values, int from, Shape shape, RandomNumbers random) {
      fillUniform(gain * Math.sqrt(6.0 / fans(shape)), values, from, shape, random);
    }
  }

  /**
   * Normal with standard deviation gain·√(2 / (inputs + outputs)) (Glorot and Bengio 2010, equation
   * 12). Matrices only.
   *
   * @param gain at least 0
   */
  record XavierNormal(float gain) implements Initializer {
    public XavierNormal {
      notNegative("xavierNormal", "gain", gain);
    }

    @Override
    public void fill(float[] values, int from, Shape shape, RandomNumbers random) {
      fillNormal(gain * Math.sqrt(2.0 / fans(shape)), values, from, shape, random);
    }
  }

  /**
   * gain times a random matrix with orthonormal rows, or columns when there are fewer of them (Saxe,
   * McClelland and Ganguli 2014), uniform among such matrices (Mezzadri 2007). Matrices only. Costs
   * about 3·rows·columns·min(rows, columns) multiplications.
   *
   * @param gain at least 0
   */
  record Orthogonal(float gain) implements Initializer {
    public Orthogonal {
      notNegative("orthogonal", "gain", gain);
    }

    @Override
    public void fill(float[] values, int from, Shape shape, RandomNumbers random) {
      fans(shape);
      OrthogonalMatrix.fill(gain, values, from, shape.dim(0), shape.dim(1), random);
    }
  }

  /**
   * Splits the first axis into equal blocks and gives each its own initialiser: the gates of a
   * recurrent layer.
   *
   * @param blocks one for each block, in order
   */
  record Stacked(List<Initializer> blocks) implements Initializer {
    public Stacked {
      blocks = List.copyOf(blocks);
      if (blocks.isEmpty()) {
        throw new IllegalArgumentException("stacked: at least one block is needed");
      }
    }

    @Override
    public void fill(float[] values, int from, Shape shape, RandomNumbers random) {
      if (shape.rank() < 1 || shape.dim(0) % blocks.size() != 0) {
        throw new IllegalArgumentException(
            "stacked: the first axis of %s cannot be cut into %d equal blocks"
                .formatted(shape, blocks.size()));
      }
      int[] dims = new int[shape.rank()];
      Arrays.setAll(dims, shape::dim);
      dims[0] /= blocks.size();
      Shape block = Shape.of(dims);
      int at = from;
      for (Initializer each : blocks) {
        each.fill(values, at, block, random);
        at += Math.toIntExact(block.size());
      }
    }
  }

  private static void fillUniform(
      double bound, float[] values, int from, Shape shape, RandomNumbers random) {
    for (int i = from, to = from + Math.toIntExact(shape.size()); i < to; i++) {
      values[i] = (float) ((2.0 * random.uniform() - 1) * bound);
    }
  }

  private static void fillNormal(
      double deviation, float[] values, int from, Shape shape, RandomNumbers random) {
    for (int i = from, to = from + Math.toIntExact(shape.size()); i < to; i++) {
      values[i] = (float) (deviation * random.normal());
    }
  }

  /** Inputs plus outputs of a weight matrix. */
  private static double fans(Shape shape) {
    if (shape.rank() != 2) {
      throw new IllegalArgumentException(
          "this initialiser is for matrices [outputs, inputs], not for " + shape);
    }
    return (double) shape.dim(0) + shape.dim(1);
  }

  private static void notNegative(String initializer, String name, float value) {
    if (!(value >= 0)) {
      throw new IllegalArgumentException(
          initializer + ": " + name + " must be at least 0, not " + value);
    }
  }
}
