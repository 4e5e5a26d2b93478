package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.ElementOps.Activation;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.List;

/** Applies a function to every element; any shape. */
public final class Activate implements Layer {
  private final Activation activation;

  /** A layer that applies {@code activation}. */
  public Activate(Activation activation) {
    this.activation = activation;
  }

  @Override
  public Shape output(Shape input) {
    return input;
  }

  @Override
  public List<Parameter> parameters() {
    return List.of();
  }

  @Override
  public LayerPlan plan(Backend backend, Shape input, Gradients gradients) {
    return new Plan(this, backend, input, gradients);
  }

  @Override
  public long planBytes(Backend backend, Shape input, Gradients gradients) {
    return AbstractPlan.bytes(input);
  }

  private static final class Plan extends AbstractPlan {
    private final Activation activation;
    private final Tensor y;

    Plan(Activate layer, Backend backend, Shape input, Gradients gradients) {
      super(layer, backend, input, gradients);
      activation = layer.activation;
      y = buffer(input);
    }

    @Override
    Tensor compute(Tensor x, Pass pass) {
      backend.elements().activate(activation, x, y);
      return y;
    }

    @Override
    Tensor differentiate(Tensor x, Tensor dOutput) {
      if (gradients != Gradients.ALL) {
        return null;
      }
      backend.elements().activateBackward(activation, y, dOutput, dOutput);
      return dOutput;
    }

    /** No: backward computes the gradient from the output. */
    @Override
    public boolean outputIsFree() {
      return false;
    }
  }
}
