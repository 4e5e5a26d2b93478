package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.MatrixOps;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.List;

/**
 * y = x Wᵀ + b for each row: [..., inputs] becomes [..., outputs]. Parameters {@code name.weight}
 * [outputs, inputs] and, with a bias, {@code name.bias} [outputs].
 *
 * <p>A tied layer (Press and Wolf 2017; Inan et al. 2017) uses an embedding's table [V, E] as its
 * weight: outputs = V, inputs = E, and the gradients of both uses add up.
 */
public final class Linear implements Layer {
  private final Parameter weight;
  private final Parameter bias;

  /**
   * Declares a layer drawn as PyTorch's: weight and bias uniform in ±1/√inputs.
   *
   * @param parameters of the model
   * @param name prefix of the parameters' names
   * @param inputs features read
   * @param outputs features written
   * @param bias whether a bias is added
   */
  public Linear(ParameterStore parameters, String name, int inputs, int outputs, boolean bias) {
    this(
        parameters,
        name,
        inputs,
        outputs,
        Initializer.fanIn(inputs),
        bias ? Initializer.fanIn(inputs) : null);
  }

  /**
   * Declares a layer with initialisers of one's own.
   *
   * @param weights of the weight matrix
   * @param biases of the bias; or null for a layer without one
   */
  public Linear(
      ParameterStore parameters,
      String name,
      int inputs,
      int outputs,
      Initializer weights,
      Initializer biases) {
    this(
        parameters.add(name + ".weight", Shape.of(outputs, inputs), weights),
        biases == null ? null : parameters.add(name + ".bias", Shape.of(outputs), biases));
  }

  private Linear(Parameter weight, Parameter bias) {
    this.weight = weight;
    this.bias = bias;
  }

  /**
   * A layer whose weight is an embedding's table.
   *
   * @param parameters of the model, the embedding's too
   * @param name prefix of the bias's name
   * @param embedding whose table is shared
   * @param bias whether a bias is added; it starts at zero
   */
  public static Linear tied(
      ParameterStore parameters, String name, Embedding embedding, boolean bias) {
    Shape outputs = Shape.of(embedding.table().shape().dim(0));
    return new Linear(
        embedding.table(),
        bias ? parameters.add(name + ".bias", outputs, Initializer.zeros()) : null);
  }

  @Override
  public Shape output(Shape input) {
    int inputs = weight.shape().dim(1);
    if (input.columns() != inputs) {
      throw new IllegalArgumentException(
          "Linear: the input is %s but its last extent must be %d, as %s has"
              .formatted(input, inputs, weight));
    }
    return input.withColumns(weight.shape().dim(0));
  }

  @Override
  public List<Parameter> parameters() {
    return bias == null ? List.of(weight) : List.of(weight, bias);
  }

  @Override
  public LayerPlan plan(Backend backend, Shape input, Gradients gradients) {
    return new Plan(this, backend, input, gradients);
  }

  @Override
  public long planBytes(Backend backend, Shape input, Gradients gradients) {
    long dInput = gradients == Gradients.ALL ? AbstractPlan.bytes(input) : 0;
    return AbstractPlan.bytes(output(input)) + dInput;
  }

  private static final class Plan extends AbstractPlan {
    private final Parameter weight;
    private final Parameter bias;
    private final MatrixOps matrix;
    private final Tensor y;
    private final Tensor dInput;

    Plan(Linear layer, Backend backend, Shape input, Gradients gradients) {
      super(layer, backend, input, gradients);
      weight = layer.weight;
      bias = layer.bias;
      matrix = backend.matrix();
      y = buffer(output());
      dInput = inputGradientBuffer();
    }

    @Override
    Tensor compute(Tensor x, Pass pass) {
      matrix.gemm(false, true, 1, x, weight.value(), 0, y);
      if (bias != null) {
        backend.elements().addBias(y, bias.value());
      }
      return y;
    }

    @Override
    Tensor differentiate(Tensor x, Tensor dOutput) {
      matrix.gemm(true, false, 1, dOutput, x, 1, weight.gradient());
      if (bias != null) {
        backend.elements().biasBackward(dOutput, bias.gradient());
      }
      if (dInput != null) {
        matrix.gemm(false, false, 1, dOutput, weight.value(), 0, dInput);
      }
      return dInput;
    }

    @Override
    public boolean outputIsFree() {
      return true;
    }
  }
}
