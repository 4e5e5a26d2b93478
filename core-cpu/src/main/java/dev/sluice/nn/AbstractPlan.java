package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Parts;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.function.Supplier;

/** What all plans have in common: the checks around a pass, and the buffers they own. */
abstract class AbstractPlan implements LayerPlan {
  final Backend backend;
  final Gradients gradients;
  private final String layer;
  private final Shape input;
  private final Shape output;
  private final Parts parts = new Parts();
  private Tensor lastInput;

  AbstractPlan(Layer layer, Backend backend, Shape input, Gradients gradients) {
    this.layer = layer.getClass().getSimpleName();
    this.backend = backend;
    this.gradients = gradients;
    this.input = input;
    this.output = layer.output(input);
  }

  /** Bytes of a buffer of numbers. */
  static long bytes(Shape shape) {
    return shape.size() * DType.FLOAT32.bytes();
  }

  /** Runs the layer over an input of the right shape. */
  abstract Tensor compute(Tensor x, Pass pass);

  /** Differentiates the most recent {@link #compute}; null when the input gets no gradient. */
  abstract Tensor differentiate(Tensor x, Tensor dOutput);

  /** A zeroed buffer that is freed with the plan. */
  final Tensor buffer(Shape shape) {
    return part(() -> backend.allocate(DType.FLOAT32, shape));
  }

  /** Something that is freed with the plan, also when the plan's constructor fails after it. */
  final <T extends AutoCloseable> T part(Supplier<T> maker) {
    return parts.add(maker);
  }

  /** A buffer if the plan will be asked for the gradient of its input, else null. */
  final Tensor inputGradientBuffer() {
    return gradients == Gradients.ALL ? buffer(input) : null;
  }

  @Override
  public final Shape output() {
    return output;
  }

  @Override
  public final Tensor forward(Tensor x, Pass pass) {
    require("forward", "input", x.shape(), input);
    Tensor result = compute(x, pass);
    lastInput = x;
    return result;
  }

  @Override
  public final Tensor backward(Tensor dOutput) {
    Tensor x = takeInput();
    require("backward", "dOutput", dOutput.shape(), output);
    return differentiate(x, dOutput);
  }

  /** The input of the forward that is to be differentiated, which is used up by this. */
  final Tensor takeInput() {
    if (!gradients.training()) {
      throw new IllegalStateException(layer + ": a plan for inference has no backward");
    }
    if (lastInput == null) {
      throw new IllegalStateException(layer + ": backward needs a forward before it");
    }
    Tensor x = lastInput;
    lastInput = null;
    return x;
  }

  private void require(String pass, String name, Shape shape, Shape wanted) {
    if (!shape.equals(wanted)) {
      throw new IllegalArgumentException(
          "%s %s: %s is %s but was planned as %s".formatted(layer, pass, name, shape, wanted));
    }
  }

  @Override
  public final void close() {
    parts.close();
  }
}
