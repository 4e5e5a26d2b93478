package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.function.LongConsumer;

/** Inference step by step: every layer keeps packed weights of its own. */
final class SimdRecurrentStepper implements RecurrentStepper {
  private final RecurrentSpec spec;
  private final int batch;
  private final ArrayTensor weights;
  private final LayerForward[] layers;
  private final ArrayTensor[] outputs;
  private final LongConsumer allocated;
  private final long bytes;
  private boolean closed;

  SimdRecurrentStepper(
      RecurrentSpec spec, int batch, ArrayTensor weights, ThreadTeam team, LongConsumer allocated) {
    this.spec = spec;
    this.batch = batch;
    this.weights = weights;
    this.allocated = allocated;
    this.layers = new LayerForward[spec.layers()];
    this.outputs = new ArrayTensor[spec.layers() - 1];
    Gemm.Scratch[] scratch = Gemm.Scratch.forTeam(team.size());
    float[] zeros = new float[0]; // a stepper always has a state
    long floats = Gemm.Scratch.size(team.size());
    float[][] h = new float[2][batch * spec.hiddenSize()];
    for (int i = 0; i < layers.length; i++) {
      LayerShape shape = LayerShape.of(spec, i, 0, 1, batch);
      LayerBuffers buffers = new LayerBuffers(shape, spec.cell().hasCellState(), false);
      boolean byUnits = shape.sharing(team.size()).byUnits();
      PackedWeights packed = new PackedWeights(shape, byUnits);
      layers[i] = new LayerForward(team, scratch, shape, buffers, packed, h, zeros);
      floats += PackedWeights.size(shape, byUnits);
      floats += LayerBuffers.size(shape, spec.cell().hasCellState(), false);
      if (i < outputs.length) {
        Shape output = Shape.of(batch, spec.hiddenSize());
        outputs[i] = ArrayTensor.over(new float[(int) output.size()], output);
        floats += output.size();
      }
    }
    bytes = 4 * (floats + 2L * batch * spec.hiddenSize());
    allocated.accept(bytes);
    refresh();
  }

  @Override
  public void step(Tensor x, RecurrentState state, Tensor y) {
    if (closed) {
      throw new IllegalStateException("the stepper is closed");
    }
    Checks.recurrentStep(spec, batch, x, state, y);
    ArrayTensor h = ArrayTensor.of(state.h());
    ArrayTensor c = ArrayTensor.ofNullable(state.c());
    ArrayTensor input = ArrayTensor.of(x);
    for (int i = 0; i < layers.length; i++) {
      ArrayTensor output = i < outputs.length ? outputs[i] : ArrayTensor.of(y);
      layers[i].run(1, input, null, h, c, output, h, c, i * batch * spec.hiddenSize());
      input = output;
    }
  }

  @Override
  public void refresh() {
    for (LayerForward layer : layers) {
      layer.pack(weights);
    }
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      allocated.accept(-bytes);
    }
  }
}
