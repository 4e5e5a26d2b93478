package dev.sluice.bench.peers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.sluice.backend.CellType;
import dev.sluice.bench.peers.Work.Kind;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The model's bytes say what ONNX's definition wants, with the gates in ONNX's order. */
class OnnxModelTest {
  /** Reads a message: field numbers to values, integers or bytes. */
  private static Map<Integer, List<Object>> parse(byte[] bytes) {
    Map<Integer, List<Object>> fields = new TreeMap<>();
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      long tag = varint(buffer);
      Object value;
      if ((tag & 7) == 0) {
        value = varint(buffer);
      } else {
        assertEquals(2, tag & 7, "wire type");
        byte[] content = new byte[(int) varint(buffer)];
        buffer.get(content);
        value = content;
      }
      fields.computeIfAbsent((int) (tag >> 3), _ -> new ArrayList<>()).add(value);
    }
    return fields;
  }

  private static long varint(ByteBuffer buffer) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte part = buffer.get();
      value |= (long) (part & 0x7f) << shift;
      if (part >= 0) {
        return value;
      }
    }
  }

  private static Map<Integer, List<Object>> message(Object bytes) {
    return parse((byte[]) bytes);
  }

  private static List<String> texts(List<Object> values) {
    return values.stream().map(v -> new String((byte[]) v, StandardCharsets.UTF_8)).toList();
  }

  /** Initialisers by name. */
  private static Map<String, Map<Integer, List<Object>>> constants(
      Map<Integer, List<Object>> graph) {
    Map<String, Map<Integer, List<Object>>> constants = new TreeMap<>();
    graph
        .get(5)
        .forEach(bytes -> {
          Map<Integer, List<Object>> tensor = message(bytes);
          constants.put(texts(tensor.get(8)).getFirst(), tensor);
        });
    return constants;
  }

  private static float[] floats(Map<Integer, List<Object>> tensor) {
    ByteBuffer bytes =
        ByteBuffer.wrap((byte[]) tensor.get(9).getFirst()).order(ByteOrder.LITTLE_ENDIAN);
    float[] values = new float[bytes.remaining() / Float.BYTES];
    bytes.asFloatBuffer().get(values);
    return values;
  }

  @Test
  void writesTheWireFormat() {
    byte[] bytes =
        new Protobuf()
            .number(1, 300)
            .text(2, "ab")
            .message(16, new Protobuf().number(1, 0))
            .floats(3, new float[] {1})
            .toBytes();
    assertArrayEquals(
        new byte[] {
          0x08,
          (byte) 0xac,
          0x02,
          0x12,
          2,
          'a',
          'b',
          (byte) 0x82,
          0x01,
          2,
          0x08,
          0,
          0x1a,
          4,
          0,
          0,
          (byte) 0x80,
          0x3f
        },
        bytes);
  }

  @Test
  void aStreamOfTwoLstmLayers() {
    Work work = new Work(Kind.STREAM, CellType.LSTM, 3, 2, 1, 1, 0);
    WorkData data = WorkData.of(work);
    Map<Integer, List<Object>> model = parse(OnnxModel.of(work, data));
    assertEquals(List.of(8L), model.get(1), "version of the format");
    assertEquals(List.of(14L), message(model.get(8).getFirst()).get(2), "operator set");
    Map<Integer, List<Object>> graph = message(model.get(7).getFirst());
    List<Map<Integer, List<Object>>> nodes = graph.get(1).stream().map(n -> message(n)).toList();
    assertEquals(
        List.of("LSTM", "Squeeze", "LSTM", "Squeeze"),
        nodes.stream().map(node -> texts(node.get(4)).getFirst()).toList());
    assertEquals(List.of("x", "W0", "R0", "B0", "", "h0", "c0"), texts(nodes.get(0).get(1)));
    assertEquals(List.of("Y0", "h0_after", "c0_after"), texts(nodes.get(0).get(2)));
    assertEquals(List.of("y0", "W1", "R1", "B1", "", "h1", "c1"), texts(nodes.get(2).get(1)));
    assertEquals(List.of("y"), texts(nodes.get(3).get(2)));
    assertEquals(5, graph.get(11).size(), "x and four states");
    assertEquals(5, graph.get(12).size(), "y and four states");

    float[] pytorch = data.parameters().get("weight_hh_l1"); // i, f, g, o
    float[] onnx = floats(constants(graph).get("R1")); // i, o, f, c
    int block = 3 * 3;
    int[] from = {0, 3, 1, 2};
    for (int gate = 0; gate < 4; gate++) {
      assertArrayEquals(
          Arrays.copyOfRange(pytorch, from[gate] * block, (from[gate] + 1) * block),
          Arrays.copyOfRange(onnx, gate * block, (gate + 1) * block),
          "gate " + gate);
    }
    assertEquals(List.of(1L, 12L, 3L), constants(graph).get("R1").get(1));
    assertEquals(List.of(1L, 24L), constants(graph).get("B1").get(1));
  }

  @Test
  void aGruResetsAfterTheProduct() {
    Work work = new Work(Kind.FORWARD, CellType.GRU, 2, 1, 4, 5, 0);
    WorkData data = WorkData.of(work);
    Map<Integer, List<Object>> graph = message(parse(OnnxModel.of(work, data)).get(7).getFirst());
    Map<Integer, List<Object>> node = message(graph.get(1).getFirst());
    assertEquals(List.of("x", "W0", "R0", "B0", ""), texts(node.get(1)));
    List<String> attributes =
        node.get(5).stream()
            .map(bytes -> texts(message(bytes).get(1)).getFirst() + message(bytes).get(3))
            .toList();
    assertEquals(List.of("hidden_size[2]", "linear_before_reset[1]"), attributes);
    float[] pytorch = data.parameters().get("bias_hh_l0"); // r, z, n
    float[] onnx = floats(constants(graph).get("B0")); // z, r, h of both
    float[] expected = {pytorch[2], pytorch[3], pytorch[0], pytorch[1], pytorch[4], pytorch[5]};
    assertArrayEquals(expected, Arrays.copyOfRange(onnx, 6, 12));
  }
}
