package dev.sluice.bench.peers.pytorch;

import dev.sluice.backend.CellType;
import dev.sluice.bench.peers.Engine;
import dev.sluice.bench.peers.Peer;
import dev.sluice.bench.peers.Work;
import dev.sluice.bench.peers.WorkData;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.T_TensorTensorTensor_T;
import org.bytedeco.pytorch.T_TensorTensor_T;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * PyTorch through its C++ interface, built as bytedeco ships it: oneDNN and OpenBLAS. The layers are
 * {@code torch::lstm} and {@code torch::gru}, which {@code torch.nn.LSTM} and {@code GRU} call.
 */
public final class TorchEngines implements Engine.Factory {
  /** For the process's main program. */
  public TorchEngines() {}

  @Override
  public Engine prepare(Work work, WorkData data, int threads) {
    torch.set_num_threads(Integer.parseInt(System.getenv("OMP_NUM_THREADS")));
    boolean oneDnn = work.kind() != Work.Kind.STREAM || System.getenv(Peer.ONEDNN) != null;
    torch.globalContext().setUserEnabledMkldnn(oneDnn);
    return switch (work.kind()) {
      case TRAIN -> new Train(work, data);
      case FORWARD -> new Forward(work, data);
      case STREAM -> new Stream(work, data);
      case LANGUAGE_MODEL -> new TorchLanguageModel(work, data);
    };
  }

  /** Floats as a tensor that owns them. */
  static Tensor tensor(float[] values, long... shape) {
    try (PointerScope _ = new PointerScope();
        FloatPointer pointer = new FloatPointer(values)) {
      Tensor tensor = torch.from_blob(pointer, shape).clone();
      tensor.retainReference();
      return tensor;
    }
  }

  /** Token numbers as a tensor of 64-bit integers that owns them. */
  static Tensor tensor(int[] values) {
    long[] wide = new long[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    Tensor tensor = torch.zeros(new long[] {wide.length}, new TensorOptions(torch.ScalarType.Long));
    try (LongPointer to = tensor.data_ptr_long()) {
      to.put(wide);
    }
    return tensor;
  }

  /** The numbers of a tensor in row-major order. */
  static float[] floats(Tensor tensor) {
    float[] values = new float[Math.toIntExact(tensor.numel())];
    try (PointerScope _ = new PointerScope()) {
      tensor.contiguous().data_ptr_float().get(values);
    }
    return values;
  }

  /** Parameters as PyTorch names and shapes them. */
  static Map<String, Tensor> parameters(Work work, WorkData data, boolean gradients) {
    Map<String, Tensor> parameters = new LinkedHashMap<>();
    data.parameters()
        .forEach((name, values) -> {
          long columns = name.contains("weight") ? work.hidden() : 1;
          Tensor tensor =
              columns > 1
                  ? tensor(values, values.length / columns, columns)
                  : tensor(values, values.length);
          tensor.set_requires_grad(gradients);
          parameters.put(name, tensor);
        });
    return parameters;
  }

  /** The recurrent layers' output; the caller's scope frees it. */
  static final class Layers {
    private final Work work;
    private final TensorVector weights;
    private final TensorVector state = new TensorVector();

    Layers(Work work, Map<String, Tensor> parameters) {
      this.work = work;
      weights =
          new TensorVector(
              work.spec().slices().stream()
                  .map(slice -> parameters.get(slice.name()))
                  .toArray(Tensor[]::new));
      int size = work.layers() * work.batch() * work.hidden();
      state.push_back(tensor(new float[size], work.layers(), work.batch(), work.hidden()));
      if (work.cell() == CellType.LSTM) {
        state.push_back(tensor(new float[size], work.layers(), work.batch(), work.hidden()));
      }
    }

    Tensor run(Tensor x, boolean training, boolean carry) {
      int layers = work.layers();
      if (work.cell() == CellType.LSTM) {
        T_TensorTensorTensor_T result =
            torch.lstm(x, state, weights, true, layers, 0, training, false, false);
        if (carry) {
          state.put(0, result.get1());
          state.put(1, result.get2());
        }
        return result.get0();
      }
      T_TensorTensor_T result =
          torch.gru(x, state.get(0), weights, true, layers, 0, training, false, false);
      if (carry) {
        state.put(0, result.get1());
      }
      return result.get0();
    }
  }

  private static final class Train implements Engine {
    private final Map<String, Tensor> parameters;
    private final Layers layers;
    private final Tensor x;
    private final Tensor dy;
    private final BoolOptional keepGraph = new BoolOptional();
    private final TensorArrayRefOptional allInputs = new TensorArrayRefOptional();

    Train(Work work, WorkData data) {
      parameters = TorchEngines.parameters(work, data, true);
      layers = new Layers(work, parameters);
      x = tensor(data.x(), work.steps(), work.batch(), work.hidden());
      x.set_requires_grad(true);
      dy = tensor(data.outputGradient(), work.steps(), work.batch(), work.hidden());
    }

    @Override
    public void iterate() {
      try (PointerScope _ = new PointerScope()) {
        forwardAndBackward();
      }
    }

    /** The gradients are dropped, not filled with zeros: PyTorch's default, and its fastest. */
    private Tensor forwardAndBackward() {
      for (Tensor parameter : parameters.values()) {
        parameter.mutable_grad().reset();
      }
      x.mutable_grad().reset();
      Tensor y = layers.run(x, true, false);
      y.backward(dy, keepGraph, false, allInputs);
      return y;
    }

    @Override
    public Map<String, float[]> results() {
      Map<String, float[]> results = new LinkedHashMap<>();
      try (PointerScope _ = new PointerScope()) {
        results.put("y", floats(forwardAndBackward()));
        results.put("dx", floats(x.grad()));
        parameters.forEach((name, tensor) -> results.put("d" + name, floats(tensor.grad())));
      }
      return results;
    }

    @Override
    public void close() {
      parameters.values().forEach(Tensor::close);
      x.close();
      dy.close();
    }
  }

  private static final class Forward implements Engine {
    private final AutoGradMode noGradients = new AutoGradMode(false);
    private final Layers layers;
    private final Tensor x;

    Forward(Work work, WorkData data) {
      layers = new Layers(work, parameters(work, data, false));
      x = tensor(data.x(), work.steps(), work.batch(), work.hidden());
    }

    @Override
    public void iterate() {
      try (PointerScope _ = new PointerScope()) {
        layers.run(x, false, false);
      }
    }

    @Override
    public Map<String, float[]> results() {
      try (PointerScope _ = new PointerScope()) {
        return Map.of("y", floats(layers.run(x, false, false)));
      }
    }

    @Override
    public void close() {
      x.close();
      noGradients.close();
    }
  }

  private static final class Stream implements Engine {
    private final AutoGradMode noGradients = new AutoGradMode(false);
    private final Layers layers;
    private final Tensor x;

    Stream(Work work, WorkData data) {
      layers = new Layers(work, parameters(work, data, false));
      x = tensor(data.x(), 1, work.batch(), work.hidden());
    }

    @Override
    public void iterate() {
      try (PointerScope _ = new PointerScope()) {
        layers.run(x, false, true);
      }
    }

    @Override
    public Map<String, float[]> results() {
      int size = Math.toIntExact(x.numel());
      float[] outputs = new float[WorkData.CHECKED_STEPS * size];
      for (int step = 0; step < WorkData.CHECKED_STEPS; step++) {
        try (PointerScope _ = new PointerScope()) {
          System.arraycopy(floats(layers.run(x, false, true)), 0, outputs, step * size, size);
        }
      }
      return Map.of("y", outputs);
    }

    @Override
    public void close() {
      x.close();
      noGradients.close();
    }
  }
}
