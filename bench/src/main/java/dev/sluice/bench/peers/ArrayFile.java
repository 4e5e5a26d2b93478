package dev.sluice.bench.peers;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Named arrays in a file between two processes of one run: a count, then for each its name, its
 * length and its numbers, as {@link DataOutputStream} writes them.
 */
public final class ArrayFile {
  private ArrayFile() {}

  /** Writes arrays. */
  public static void write(Path file, Map<String, float[]> arrays) throws IOException {
    try (var out = new DataOutputStream(new BufferedOutputStream(Files.newOutputStream(file)))) {
      out.writeInt(arrays.size());
      for (Map.Entry<String, float[]> array : arrays.entrySet()) {
        float[] values = array.getValue();
        ByteBuffer bytes = ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES));
        bytes.asFloatBuffer().put(values);
        out.writeUTF(array.getKey());
        out.writeInt(values.length);
        out.write(bytes.array());
      }
    }
  }

  /** Reads what {@link #write} wrote. */
  public static Map<String, float[]> read(Path file) throws IOException {
    Map<String, float[]> arrays = new LinkedHashMap<>();
    try (var in = new DataInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      for (int left = in.readInt(); left > 0; left--) {
        String name = in.readUTF();
        float[] values = new float[in.readInt()];
        byte[] bytes = new byte[Math.multiplyExact(values.length, Float.BYTES)];
        in.readFully(bytes);
        ByteBuffer.wrap(bytes).asFloatBuffer().get(values);
        arrays.put(name, values);
      }
    }
    return arrays;
  }
}
