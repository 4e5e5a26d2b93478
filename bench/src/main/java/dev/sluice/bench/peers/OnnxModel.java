package dev.sluice.bench.peers;

import dev.sluice.backend.CellType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A stack of LSTM or GRU layers as an ONNX model (operator set 14): input {@code x} [T, B, H], output
 * {@code y} [T, B, H], and for a stream the states {@code h0}, {@code c0} ... [1, B, H] of each layer
 * in, and {@code h0_after} ... out.
 *
 * <p>Field numbers are those of {@code onnx.proto3}. ONNX has the LSTM's gates in the order i, o, f, c
 * and the GRU's in z, r, h, where PyTorch has i, f, g, o and r, z, n.
 */
public final class OnnxModel {
  private static final int FLOAT = 1;
  private static final int INT64 = 7;
  private static final int[] LSTM_BLOCKS = {0, 3, 1, 2};
  private static final int[] GRU_BLOCKS = {1, 0, 2};

  private final Work work;
  private final Map<String, float[]> parameters;
  private final boolean stream;
  private final Protobuf graph = new Protobuf();

  private OnnxModel(Work work, WorkData data) {
    this.work = work;
    parameters = data.parameters();
    stream = work.kind() == Work.Kind.STREAM;
  }

  /** The bytes of the model. */
  public static byte[] of(Work work, WorkData data) {
    return new OnnxModel(work, data).build();
  }

  /** Names of the states that go into a stream's step: {@code h0}, {@code c0}, {@code h1} ... */
  public static List<String> stateNames(Work work) {
    List<String> names = new ArrayList<>();
    for (int layer = 0; layer < work.layers(); layer++) {
      names.add("h" + layer);
      if (work.cell() == CellType.LSTM) {
        names.add("c" + layer);
      }
    }
    return names;
  }

  /** The name of the state that comes out where that of the given name went in. */
  public static String after(String state) {
    return state + "_after";
  }

  private byte[] build() {
    for (int layer = 0; layer < work.layers(); layer++) {
      addLayer(layer);
    }
    graph.text(2, "layers");
    graph.message(5, new Protobuf().number(1, 1).number(2, INT64).text(8, "axis").number(7, 1));
    int steps = stream ? 1 : work.steps();
    graph.message(11, value("x", steps));
    graph.message(12, value("y", steps));
    if (stream) {
      for (String state : stateNames(work)) {
        graph.message(11, value(state, 1));
        graph.message(12, value(after(state), 1));
      }
    }
    Protobuf operators = new Protobuf().number(2, 14);
    return new Protobuf().number(1, 8).message(7, graph).message(8, operators).toBytes();
  }

  /** One layer: the operator, whose output is [T, 1, B, H], and the removal of the extent of 1. */
  private void addLayer(int layer) {
    boolean lstm = work.cell() == CellType.LSTM;
    int hidden = work.hidden();
    int gates = work.cell().gates();
    String suffix = "_l" + layer;
    float[] biases = new float[2 * gates * hidden];
    System.arraycopy(reordered("bias_ih" + suffix), 0, biases, 0, gates * hidden);
    System.arraycopy(reordered("bias_hh" + suffix), 0, biases, gates * hidden, gates * hidden);
    constant("W" + layer, reordered("weight_ih" + suffix), 1, gates * hidden, hidden);
    constant("R" + layer, reordered("weight_hh" + suffix), 1, gates * hidden, hidden);
    constant("B" + layer, biases, 1, biases.length);

    Protobuf node = new Protobuf();
    for (String input :
        List.of(
            layer == 0 ? "x" : "y" + (layer - 1),
            "W" + layer,
            "R" + layer,
            "B" + layer,
            "")) { // the empty name: no lengths
      node.text(1, input);
    }
    if (stream) {
      node.text(1, "h" + layer);
      if (lstm) {
        node.text(1, "c" + layer);
      }
    }
    node.text(2, "Y" + layer);
    if (stream) {
      node.text(2, after("h" + layer));
      if (lstm) {
        node.text(2, after("c" + layer));
      }
    }
    node.text(4, work.cell().name());
    node.message(5, attribute("hidden_size", hidden));
    if (!lstm) {
      node.message(5, attribute("linear_before_reset", 1));
    }
    graph.message(1, node);

    boolean last = layer == work.layers() - 1;
    graph.message(
        1,
        new Protobuf()
            .text(1, "Y" + layer)
            .text(1, "axis")
            .text(2, last ? "y" : "y" + layer)
            .text(4, "Squeeze"));
  }

  /** Blocks of H rows in ONNX's order of the gates. */
  private float[] reordered(String name) {
    float[] values = parameters.get(name);
    int[] blocks = work.cell() == CellType.LSTM ? LSTM_BLOCKS : GRU_BLOCKS;
    int size = values.length / blocks.length;
    float[] result = new float[values.length];
    for (int block = 0; block < blocks.length; block++) {
      System.arraycopy(values, blocks[block] * size, result, block * size, size);
    }
    return result;
  }

  private void constant(String name, float[] values, int... shape) {
    Protobuf tensor = new Protobuf();
    for (int extent : shape) {
      tensor.number(1, extent);
    }
    graph.message(5, tensor.number(2, FLOAT).text(8, name).floats(9, values));
  }

  private static Protobuf attribute(String name, long value) {
    int integer = 2;
    return new Protobuf().text(1, name).number(3, value).number(20, integer);
  }

  /** The type of an input or output: floats [first, B, H]. */
  private Protobuf value(String name, int first) {
    Protobuf shape = new Protobuf();
    for (int extent : new int[] {first, work.batch(), work.hidden()}) {
      shape.message(1, new Protobuf().number(1, extent));
    }
    Protobuf tensor = new Protobuf().number(1, FLOAT).message(2, shape);
    return new Protobuf().text(1, name).message(2, new Protobuf().message(1, tensor));
  }
}
