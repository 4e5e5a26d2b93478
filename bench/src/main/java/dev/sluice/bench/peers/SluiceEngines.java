package dev.sluice.bench.peers;

import dev.sluice.backend.Backend;
import dev.sluice.backend.BackendOptions;
import dev.sluice.backend.Backends;
import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.RecurrentStepper;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Sluice on the CPU: recurrent layers as the contract offers them. */
public final class SluiceEngines implements Engine.Factory {
  /** For {@link EngineServer}. */
  public SluiceEngines() {}

  @Override
  public Engine prepare(Work work, WorkData data, int threads) {
    Backend backend = Backends.choose("cpu", new BackendOptions(threads, 0)).backend();
    return switch (work.kind()) {
      case TRAIN -> new Train(backend, work, data);
      case FORWARD -> new Forward(backend, work, data);
      case STREAM -> new Stream(backend, work, data);
      case LANGUAGE_MODEL -> new SluiceLanguageModel(backend, work, data);
    };
  }

  private static Tensor upload(Backend backend, Shape shape, float[] values) {
    Tensor tensor = backend.allocate(DType.FLOAT32, shape);
    tensor.upload(values, 0);
    return tensor;
  }

  /** The parameters in the order of {@link RecurrentSpec#slices}. */
  private static Tensor packed(Backend backend, RecurrentSpec spec, WorkData data) {
    float[] packed = new float[Math.toIntExact(spec.weightCount())];
    Map<String, float[]> parameters = data.parameters();
    for (RecurrentSpec.Slice slice : spec.slices()) {
      float[] values = parameters.get(slice.name());
      System.arraycopy(values, 0, packed, Math.toIntExact(slice.offset()), values.length);
    }
    return upload(backend, Shape.of(packed.length), packed);
  }

  private static final class Train implements Engine {
    private final Backend backend;
    private final RecurrentSpec spec;
    private final RecurrentPlan plan;
    private final Tensor weights;
    private final Tensor x;
    private final Tensor y;
    private final Tensor dy;
    private final Tensor dx;
    private final Tensor dWeights;

    Train(Backend backend, Work work, WorkData data) {
      this.backend = backend;
      spec = work.spec();
      Shape shape = Shape.of(work.steps(), work.batch(), work.hidden());
      plan = backend.recurrent().plan(spec, work.steps(), work.batch(), true);
      weights = packed(backend, spec, data);
      x = upload(backend, shape, data.x());
      dy = upload(backend, shape, data.outputGradient());
      y = backend.allocate(DType.FLOAT32, shape);
      dx = backend.allocate(DType.FLOAT32, shape);
      dWeights = backend.allocate(DType.FLOAT32, weights.shape());
    }

    @Override
    public void iterate() {
      backend.elements().fill(dWeights, 0);
      plan.forward(weights, x, null, null, y, null, null);
      plan.backward(dy, null, dx, null, dWeights);
      backend.finish();
    }

    @Override
    public Map<String, float[]> results() {
      iterate();
      Map<String, float[]> results = new LinkedHashMap<>();
      results.put("y", y.toFloats());
      results.put("dx", dx.toFloats());
      for (RecurrentSpec.Slice slice : spec.slices()) {
        results.put("d" + slice.name(), dWeights.slice(slice.offset(), slice.shape()).toFloats());
      }
      return results;
    }

    @Override
    public void close() {
      backend.close();
    }
  }

  private static final class Forward implements Engine {
    private final Backend backend;
    private final RecurrentPlan plan;
    private final Tensor weights;
    private final Tensor x;
    private final Tensor y;

    Forward(Backend backend, Work work, WorkData data) {
      this.backend = backend;
      Shape shape = Shape.of(work.steps(), work.batch(), work.hidden());
      plan = backend.recurrent().plan(work.spec(), work.steps(), work.batch(), false);
      weights = packed(backend, work.spec(), data);
      x = upload(backend, shape, data.x());
      y = backend.allocate(DType.FLOAT32, shape);
    }

    @Override
    public void iterate() {
      plan.forward(weights, x, null, null, y, null, null);
      backend.finish();
    }

    @Override
    public Map<String, float[]> results() {
      iterate();
      return Map.of("y", y.toFloats());
    }

    @Override
    public void close() {
      backend.close();
    }
  }

  private static final class Stream implements Engine {
    private final Backend backend;
    private final RecurrentStepper stepper;
    private final RecurrentState state;
    private final Tensor x;
    private final Tensor y;

    Stream(Backend backend, Work work, WorkData data) {
      this.backend = backend;
      Shape shape = Shape.of(work.batch(), work.hidden());
      stepper =
          backend
              .recurrent()
              .stepper(work.spec(), work.batch(), packed(backend, work.spec(), data));
      state = RecurrentState.allocate(backend, work.spec(), work.batch());
      x = upload(backend, shape, data.x());
      y = backend.allocate(DType.FLOAT32, shape);
    }

    @Override
    public void iterate() {
      stepper.step(x, state, y);
      backend.finish();
    }

    @Override
    public Map<String, float[]> results() {
      int size = Math.toIntExact(y.shape().size());
      float[] outputs = new float[WorkData.CHECKED_STEPS * size];
      for (int step = 0; step < WorkData.CHECKED_STEPS; step++) {
        iterate();
        y.download(outputs, step * size);
      }
      return Map.of("y", outputs);
    }

    @Override
    public void close() {
      backend.close();
    }
  }
}
