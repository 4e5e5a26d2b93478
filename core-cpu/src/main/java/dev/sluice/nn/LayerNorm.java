package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.List;

/**
 * Layer normalisation of each row (Ba, Kiros and Hinton 2016; the equations stand at {@link
 * dev.sluice.backend.LayerNormOps}): [..., F] keeps its shape. Parameters {@code name.weight} [F],
 * the gain, from 1, and {@code name.bias} [F], from 0.
 */
public final class LayerNorm implements Layer {
  /** PyTorch's. */
  public static final float DEFAULT_EPSILON = 1e-5f;

  private final Parameter gain;
  private final Parameter bias;
  private final float epsilon;

  /**
   * Declares a layer.
   *
   * @param parameters of the model
   * @param name prefix of the parameters' names
   * @param features F
   * @param epsilon added to the variance, above 0
   */
  public LayerNorm(ParameterStore parameters, String name, int features, float epsilon) {
    if (!(epsilon > 0)) {
      throw new IllegalArgumentException("LayerNorm: epsilon must be above 0, not " + epsilon);
    }
    gain = parameters.add(name + ".weight", Shape.of(features), Initializer.constant(1));
    bias = parameters.add(name + ".bias", Shape.of(features), Initializer.zeros());
    this.epsilon = epsilon;
  }

  @Override
  public Shape output(Shape input) {
    if (input.columns() != gain.shape().columns()) {
      throw new IllegalArgumentException(
          "LayerNorm: the input is %s but its last extent must be %d, as %s has"
              .formatted(input, gain.shape().columns(), gain));
    }
    return input;
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(gain, bias);
  }

  @Override
  public LayerPlan plan(Backend backend, Shape input, Gradients gradients) {
    return new Plan(this, backend, input, gradients);
  }

  @Override
  public long planBytes(Backend backend, Shape input, Gradients gradients) {
    return AbstractPlan.bytes(input) + 2 * AbstractPlan.bytes(Shape.of(input.rows()));
  }

  private static final class Plan extends AbstractPlan {
    private final LayerNorm layer;
    private final Tensor y;
    private final Tensor mean;
    private final Tensor rstd;

    Plan(LayerNorm layer, Backend backend, Shape input, Gradients gradients) {
      super(layer, backend, input, gradients);
      this.layer = layer;
      y = buffer(output());
      mean = buffer(Shape.of(input.rows()));
      rstd = buffer(Shape.of(input.rows()));
    }

    @Override
    Tensor compute(Tensor x, Pass pass) {
      backend
          .layerNorm()
          .forward(x, layer.gain.value(), layer.bias.value(), layer.epsilon, y, mean, rstd);
      return y;
    }

    @Override
    Tensor differentiate(Tensor x, Tensor dOutput) {
      Tensor dInput = gradients == Gradients.ALL ? dOutput : null;
      backend
          .layerNorm()
          .backward(
              x,
              layer.gain.value(),
              mean,
              rstd,
              dOutput,
              dInput,
              layer.gain.gradient(),
              layer.bias.gradient());
      return dInput;
    }

    @Override
    public boolean outputIsFree() {
      return true;
    }
  }
}
