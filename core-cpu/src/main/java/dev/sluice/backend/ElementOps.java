package dev.sluice.backend;

/** Operations that work element by element, and the bias. Shapes need equal sizes unless said. */
public interface ElementOps {
  /**
   * Pointwise functions with a gradient that their own result determines. Sigmoid and tanh are within
   * 6 units in the last place; what is below 2^-125 may be 0. NaN gives NaN.
   */
  enum Activation {
    /** 1 / (1 + e^-x); gradient y(1 - y). */
    SIGMOID,
    /** Hyperbolic tangent; gradient 1 - y². */
    TANH,
    /** max(0, x); gradient 1 where y is above 0, else 0. */
    RELU
  }

  /** x = value. FLOAT32 and BFLOAT16 tensors. */
  void fill(Tensor x, float value);

  /** target = source; both of one type, any type. */
  void copy(Tensor source, Tensor target);

  /** x = factor · x. */
  void scale(Tensor x, float factor);

  /** y = y + alpha · x. */
  void add(float alpha, Tensor x, Tensor y);

  /** out = a ∘ b; out may be a or b. */
  void multiply(Tensor a, Tensor b, Tensor out);

  /** y = activation(x); y may be x. */
  void activate(Activation activation, Tensor x, Tensor y);

  /**
   * dx = dy ∘ activation'(x), computed from y = activation(x).
   *
   * @param y result of {@link #activate}
   * @param dx may be dy
   */
  void activateBackward(Activation activation, Tensor y, Tensor dy, Tensor dx);

  /**
   * Adds one vector to every row.
   *
   * @param x [..., F]; changed in place
   * @param bias [F]
   */
  void addBias(Tensor x, Tensor bias);

  /**
   * dBias[f] += Σ over rows of dy[row, f].
   *
   * @param dy [..., F]
   * @param dBias [F]; added to
   */
  void biasBackward(Tensor dy, Tensor dBias);

  /** counter[0] = counter[0] + 1, for an INT32 tensor of one element. */
  void increment(Tensor counter);
}
