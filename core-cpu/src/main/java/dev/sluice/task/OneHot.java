package dev.sluice.task;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.Parts;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.nn.Gradients;
import dev.sluice.nn.Layer;
import dev.sluice.nn.LayerPlan;
import dev.sluice.nn.Parameter;
import dev.sluice.nn.Pass;
import java.util.Arrays;
import java.util.List;

/**
 * Turns ids [...] into one-hot rows [..., V]: an embedding whose table is the identity and is not
 * trained. A negative id gives zeros.
 */
final class OneHot implements Layer {
  private final int vocabulary;

  OneHot(int vocabulary) {
    this.vocabulary = vocabulary;
  }

  @Override
  public Shape output(Shape input) {
    int[] dims = new int[input.rank() + 1];
    Arrays.setAll(dims, axis -> axis < input.rank() ? input.dim(axis) : vocabulary);
    return Shape.of(dims);
  }

  @Override
  public List<Parameter> parameters() {
    return List.of();
  }

  @Override
  public LayerPlan plan(Backend backend, Shape input, Gradients gradients) {
    return new Plan(backend, vocabulary, output(input));
  }

  @Override
  public long planBytes(Backend backend, Shape input, Gradients gradients) {
    return (output(input).size() + (long) vocabulary * vocabulary) * DType.FLOAT32.bytes();
  }

  private static final class Plan implements LayerPlan {
    private final Parts parts = new Parts();
    private final Backend backend;
    private final Tensor identity;
    private final Tensor rows;

    Plan(Backend backend, int vocabulary, Shape output) {
      this.backend = backend;
      Shape square = Shape.of(vocabulary, vocabulary);
      identity = parts.add(() -> backend.allocate(DType.FLOAT32, square));
      float[] values = new float[vocabulary * vocabulary];
      for (int i = 0; i < vocabulary; i++) {
        values[i * vocabulary + i] = 1;
      }
      identity.upload(values, 0);
      rows = parts.add(() -> backend.allocate(DType.FLOAT32, output));
    }

    @Override
    public Shape output() {
      return rows.shape();
    }

    @Override
    public Tensor forward(Tensor ids, Pass pass) {
      backend.embedding().forward(identity, ids, rows);
      return rows;
    }

    /** Ids have no gradient. */
    @Override
    public Tensor backward(Tensor dOutput) {
      return null;
    }

    @Override
    public boolean outputIsFree() {
      return true;
    }

    @Override
    public void close() {
      parts.close();
    }
  }
}
