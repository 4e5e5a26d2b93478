package dev.sluice.bench.peers.onnxruntime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sluice.bench.peers.Engine;
import dev.sluice.bench.peers.OnnxModel;
import dev.sluice.bench.peers.Work;
import dev.sluice.bench.peers.WorkData;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.HashMap;
import java.util.Map;

/**
 * ONNX Runtime on its CPU provider, for inference. Inputs and outputs are buffers that it reads and
 * writes in place.
 */
public final class OnnxEngines implements Engine.Factory {
  /** For the process's main program. */
  public OnnxEngines() {}

  @Override
  public Engine prepare(Work work, WorkData data, int threads) throws OrtException {
    return switch (work.kind()) {
      case FORWARD, STREAM -> new Inference(work, data, threads);
      default -> throw new UnsupportedOperationException("ONNX Runtime does not train here");
    };
  }

  /** A buffer and the tensor that wraps it. */
  private record Bound(FloatBuffer numbers, OnnxTensor tensor) {
    static Bound of(OrtEnvironment environment, int... shape) throws OrtException {
      long[] extents = new long[shape.length];
      int size = 1;
      for (int i = 0; i < shape.length; i++) {
        extents[i] = shape[i];
        size *= shape[i];
      }
      FloatBuffer numbers =
          ByteBuffer.allocateDirect(size * Float.BYTES)
              .order(ByteOrder.nativeOrder())
              .asFloatBuffer();
      return new Bound(numbers, OnnxTensor.createTensor(environment, numbers, extents));
    }

    float[] values() {
      float[] values = new float[numbers.capacity()];
      numbers.get(0, values);
      return values;
    }
  }

  private static final class Inference implements Engine {
    private final Work work;
    private final OrtSession session;
    private final Bound y;
    private Map<String, OnnxTensor> inputs = new HashMap<>();
    private Map<String, OnnxTensor> outputs = new HashMap<>();
    private Map<String, OnnxTensor> nextInputs;
    private Map<String, OnnxTensor> nextOutputs;

    Inference(Work work, WorkData data, int threads) throws OrtException {
      this.work = work;
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        session = environment.createSession(OnnxModel.of(work, data), options);
      }
      boolean stream = work.kind() == Work.Kind.STREAM;
      int steps = stream ? 1 : work.steps();
      Bound x = Bound.of(environment, steps, work.batch(), work.hidden());
      x.numbers().put(0, data.x(), 0, x.numbers().capacity());
      y = Bound.of(environment, steps, work.batch(), work.hidden());
      inputs.put("x", x.tensor());
      outputs.put("y", y.tensor());
      nextInputs = new HashMap<>(inputs);
      nextOutputs = new HashMap<>(outputs);
      if (stream) {
        // Two sets of states: a step reads one and writes the other.
        for (String state : OnnxModel.stateNames(work)) {
          OnnxTensor one = Bound.of(environment, 1, work.batch(), work.hidden()).tensor();
          OnnxTensor other = Bound.of(environment, 1, work.batch(), work.hidden()).tensor();
          inputs.put(state, one);
          outputs.put(OnnxModel.after(state), other);
          nextInputs.put(state, other);
          nextOutputs.put(OnnxModel.after(state), one);
        }
      }
    }

    @Override
    public void iterate() throws OrtException {
      session.run(inputs, outputs).close();
      Map<String, OnnxTensor> spare = inputs;
      inputs = nextInputs;
      nextInputs = spare;
      spare = outputs;
      outputs = nextOutputs;
      nextOutputs = spare;
    }

    @Override
    public Map<String, float[]> results() throws OrtException {
      int times = work.kind() == Work.Kind.STREAM ? WorkData.CHECKED_STEPS : 1;
      int size = y.numbers().capacity();
      float[] all = new float[times * size];
      for (int step = 0; step < times; step++) {
        iterate();
        System.arraycopy(y.values(), 0, all, step * size, size);
      }
      return Map.of("y", all);
    }

    @Override
    public void close() {
      try {
        session.close();
      } catch (OrtException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
