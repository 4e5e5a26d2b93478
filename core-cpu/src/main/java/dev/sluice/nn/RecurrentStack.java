package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.WeightStorage;
import java.util.List;

/**
 * A stack of LSTM, GRU or RNN layers: [T, B, I] becomes [T, B, D·H]. The equations stand at {@link
 * dev.sluice.backend.RecurrentOps}; parameters are {@code name.weight_ih_l0} and so on, shaped and
 * named as PyTorch's.
 */
public final class RecurrentStack implements Layer {
  private final ParameterStore store;
  private final String name;
  private final RecurrentSpec spec;
  private final List<Parameter> parameters;
  private final int firstStream;

  /**
   * Declares the weights, drawn as PyTorch's.
   *
   * @param parameters of the model
   * @param name prefix of the parameters' names
   * @param spec sizes and options
   */
  public RecurrentStack(ParameterStore parameters, String name, RecurrentSpec spec) {
    this(parameters, name, spec, RecurrentInitializers.uniform(spec.hiddenSize()));
  }

  /**
   * As above with initialisers of one's own.
   *
   * @throws IllegalArgumentException when a forget-gate bias is given to a cell without that gate
   */
  public RecurrentStack(
      ParameterStore parameters,
      String name,
      RecurrentSpec spec,
      RecurrentInitializers initializers) {
    initializers.check(spec);
    this.store = parameters;
    this.name = name;
    this.spec = spec;
    this.parameters = parameters.addRecurrent(name, spec, slice -> initializers.of(spec, slice));
    firstStream = parameters.addStreams(spec.dropout() > 0 ? spec.layers() - 1 : 0);
  }

  /** Sizes and options. */
  public RecurrentSpec spec() {
    return spec;
  }

  /** Prefix of the parameters' and states' names. */
  public String name() {
    return name;
  }

  @Override
  public Shape output(Shape input) {
    if (input.rank() != 3 || input.dim(2) != spec.inputSize()) {
      throw new IllegalArgumentException(
          "RecurrentStack %s: the input is %s but must be [T, B, %d]"
              .formatted(name, input, spec.inputSize()));
    }
    return input.withColumns(spec.outputSize());
  }

  @Override
  public List<Parameter> parameters() {
    return parameters;
  }

  /** {@inheritDoc} Gradients do not flow into the carried state: truncated backpropagation. */
  @Override
  public RecurrentStackPlan plan(Backend backend, Shape input, Gradients gradients) {
    return new RecurrentStackPlan(this, backend, input, gradients);
  }

  @Override
  public long planBytes(Backend backend, Shape input, Gradients gradients) {
    Shape output = output(input);
    int batch = input.dim(1);
    long states = spec.cell().hasCellState() ? 4 : 2;
    long dInput = gradients == Gradients.ALL ? AbstractPlan.bytes(input) : 0;
    return backend.recurrent().planBytes(spec, input.dim(0), batch, gradients.training())
        + AbstractPlan.bytes(output)
        + states * AbstractPlan.bytes(spec.stateShape(batch))
        + dInput;
  }

  /**
   * Inference one step at a time with this stack's weights.
   *
   * @param backend on which the parameters are allocated
   * @param batch B
   * @param storage how the stepper keeps the weights
   * @throws IllegalArgumentException when the stack is bidirectional or the backend lacks the storage
   */
  public RecurrentStepper stepper(Backend backend, int batch, WeightStorage storage) {
    return backend.recurrent().stepper(spec, batch, weights(), storage);
  }

  /** As above, with the weights in single precision. */
  public RecurrentStepper stepper(Backend backend, int batch) {
    return stepper(backend, batch, WeightStorage.FLOAT32);
  }

  /**
   * Rounds the weight matrices, each on its own, to what a stepper with this storage computes with.
   * Biases stay.
   */
  public void round(WeightStorage storage) {
    for (Parameter parameter : parameters) {
      Shape shape = parameter.shape();
      if (shape.rank() == 2) {
        float[] values = parameter.value().toFloats();
        storage.round(values, 0, shape.rows(), shape.columns());
        parameter.value().upload(values, 0);
      }
    }
  }

  /** The packed weights, [spec.weightCount()]. */
  Tensor weights() {
    return packed(store.values());
  }

  /** Gradients of the packed weights. */
  Tensor weightGradients() {
    return packed(store.gradients());
  }

  int firstStream() {
    return firstStream;
  }

  private Tensor packed(Tensor all) {
    return all.slice(parameters.getFirst().offset(), Shape.of(Math.toIntExact(spec.weightCount())));
  }
}
