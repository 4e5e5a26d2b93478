package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.RandomDraw;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.List;

/**
 * Dropout (Srivastava et al. 2014), scaled while training; in plans for inference, and with
 * probability 0, the output is the input itself. Takes any shape of numbers.
 */
public final class Dropout implements Layer {
  private final float probability;
  private final int stream;

  /**
   * Reserves a stream of random numbers.
   *
   * @param parameters of the model, which count its streams
   * @param probability of dropping an element, at least 0 and below 1
   */
  public Dropout(ParameterStore parameters, float probability) {
    if (!(probability >= 0 && probability < 1)) {
      throw new IllegalArgumentException(
          "Dropout: probability must be at least 0 and below 1, not " + probability);
    }
    this.probability = probability;
    stream = parameters.addStreams(1);
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
    return drops(gradients) ? AbstractPlan.bytes(input) : 0;
  }

  private boolean drops(Gradients gradients) {
    return gradients.training() && probability > 0;
  }

  private static final class Plan extends AbstractPlan {
    private final float probability;
    private final StreamDraw stream;
    private final Tensor y;
    private RandomDraw draw;

    Plan(Dropout layer, Backend backend, Shape input, Gradients gradients) {
      super(layer, backend, input, gradients);
      probability = layer.probability;
      stream = new StreamDraw(layer.stream);
      y = layer.drops(gradients) ? buffer(input) : null;
    }

    @Override
    Tensor compute(Tensor x, Pass pass) {
      if (y == null) {
        return x;
      }
      draw = stream.of(pass);
      if (draw == null) {
        throw new IllegalArgumentException("Dropout forward: the pass has no draw");
      }
      backend.dropout().apply(probability, draw, x, y);
      return y;
    }

    @Override
    Tensor differentiate(Tensor x, Tensor dOutput) {
      if (gradients != Gradients.ALL) {
        return null;
      }
      if (y != null) {
        backend.dropout().apply(probability, draw, dOutput, dOutput);
      }
      return dOutput;
    }

    @Override
    public boolean outputIsFree() {
      return y != null;
    }
  }
}
