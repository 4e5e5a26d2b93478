package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Looks ids up in a table of vectors: INT32 ids [...] become [..., E]. Parameter {@code name.weight}
 * [V, E]. A negative id gives zeros and no gradient.
 */
public final class Embedding implements Layer {
  private final Parameter table;

  /**
   * Declares a table drawn from the standard normal distribution, as PyTorch's.
   *
   * @param parameters of the model
   * @param name prefix of the parameter's name
   * @param vocabulary V, number of ids
   * @param size E, length of each vector
   */
  public Embedding(ParameterStore parameters, String name, int vocabulary, int size) {
    this(parameters, name, vocabulary, size, Initializer.normal(1));
  }

  /** As above with another initialiser. */
  public Embedding(
      ParameterStore parameters, String name, int vocabulary, int size, Initializer initializer) {
    table = parameters.add(name + ".weight", Shape.of(vocabulary, size), initializer);
  }

  /** The table, [V, E]; what a tied output layer multiplies with. */
  public Parameter table() {
    return table;
  }

  @Override
  public Shape output(Shape input) {
    int[] dims = new int[input.rank() + 1];
    Arrays.setAll(dims, axis -> axis < input.rank() ? input.dim(axis) : table.shape().columns());
    return Shape.of(dims);
  }

  @Override
  public List<Parameter> parameters() {
    return List.of(table);
  }

  /** {@inheritDoc} Ids have no gradient, so backward always returns null. */
  @Override
  public LayerPlan plan(Backend backend, Shape input, Gradients gradients) {
    return new Plan(this, backend, input, gradients);
  }

  @Override
  public long planBytes(Backend backend, Shape input, Gradients gradients) {
    return AbstractPlan.bytes(output(input));
  }

  private static final class Plan extends AbstractPlan {
    private final Parameter table;
    private final Tensor y;

    Plan(Embedding layer, Backend backend, Shape input, Gradients gradients) {
      super(layer, backend, input, gradients);
      table = layer.table;
      y = buffer(output());
    }

    @Override
    Tensor compute(Tensor ids, Pass pass) {
      backend.embedding().forward(table.value(), ids, y);
      return y;
    }

    @Override
    Tensor differentiate(Tensor ids, Tensor dOutput) {
      backend.embedding().backward(dOutput, ids, table.gradient());
      return null;
    }

    @Override
    public boolean outputIsFree() {
      return true;
    }
  }
}
