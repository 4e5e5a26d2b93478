package dev.sluice.nn;

import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;

/** One trained array of a model: a named part of a {@link ParameterStore}. */
public final class Parameter {
  private final String name;
  private final Shape shape;
  private final long offset;
  private final Initializer initializer;
  private Tensor value;
  private Tensor gradient;

  Parameter(String name, Shape shape, long offset, Initializer initializer) {
    this.name = name;
    this.shape = shape;
    this.offset = offset;
    this.initializer = initializer;
  }

  /** Unique in its store, for example {@code lstm.weight_ih_l0}. */
  public String name() {
    return name;
  }

  /** Extents, as PyTorch has them. */
  public Shape shape() {
    return shape;
  }

  /** Index of the first element in the store's packed buffers. */
  public long offset() {
    return offset;
  }

  /**
   * The values: a view of the store's buffer.
   *
   * @throws IllegalStateException before the store is allocated
   */
  public Tensor value() {
    if (value == null) {
      throw new IllegalStateException(
          "the parameter " + name + " has no value yet: allocate its store first");
    }
    return value;
  }

  /**
   * The gradient: a view of the store's buffer.
   *
   * @throws IllegalStateException before the store is allocated, or when it was for inference
   */
  public Tensor gradient() {
    if (gradient == null) {
      throw new IllegalStateException(
          "the parameter " + name + " has no gradient: its store is not allocated for training");
    }
    return gradient;
  }

  Initializer initializer() {
    return initializer;
  }

  /** Ties this parameter to the store's buffers; gradients may be null. */
  void bind(Tensor values, Tensor gradients) {
    value = values.slice(offset, shape);
    gradient = gradients == null ? null : gradients.slice(offset, shape);
  }

  /** For example {@code output.weight [65, 128]}. */
  @Override
  public String toString() {
    return name + " " + shape;
  }
}
