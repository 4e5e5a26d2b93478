package dev.sluice.format;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The safetensors format of Hugging Face: named arrays and strings in one file, nothing executable.
 *
 * <pre>
 *   8 bytes   length N of the header, little-endian
 *   N bytes   JSON: {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...,
 *             "__metadata__": {"KEY": "STRING", ...}}, padded with spaces
 *   the rest  the arrays, little-endian, row-major, without holes
 * </pre>
 */
public final class Safetensors {
  static final int CHUNK_BYTES = 1 << 16;

  private Safetensors() {}

  /**
   * Writes a file, atomically as {@link AtomicFile} does. Arrays pass through a buffer of 64 KB:
   * none is copied as a whole. The same arrays and metadata give the same bytes.
   *
   * @param target replaced when it exists
   * @param arrays in the order that the header shall have; names are unique
   * @param metadata strings for the reader's use; written in the order of the keys
   * @throws IOException when the file cannot be written; the one there before is unchanged then
   * @throws IllegalArgumentException when a name is used twice, or is {@code __metadata__}, or the
   *     header would pass 100 MB
   */
  public static void write(Path target, List<NamedArray> arrays, Map<String, String> metadata)
      throws IOException {
    SafetensorsHeader header = SafetensorsHeader.layOut(arrays, metadata);
    byte[] json = header.toBytes();
    if (json.length > SafetensorsHeader.MAX_BYTES) {
      throw new IllegalArgumentException(
          "the names and metadata for "
              + target
              + " take "
              + json.length
              + " bytes; a safetensors header holds at most "
              + SafetensorsHeader.MAX_BYTES);
    }
    Map<String, NamedArray> byName = new LinkedHashMap<>();
    arrays.forEach(array -> byName.put(array.name(), array));
    List<ArrayInfo> inDataOrder = new ArrayList<>(header.arrays().values());
    inDataOrder.sort(Comparator.comparingLong(ArrayInfo::begin).thenComparingLong(ArrayInfo::end));
    AtomicFile.write(
        target,
        out -> {
          ByteBuffer buffer = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
          out.write(buffer.putLong(json.length).array(), 0, Long.BYTES);
          out.write(json);
          for (ArrayInfo info : inDataOrder) {
            write(byName.get(info.name()), buffer, out);
          }
        });
  }

  private static void write(NamedArray array, ByteBuffer buffer, OutputStream out)
      throws IOException {
    boolean wide = array instanceof NamedArray.Longs;
    int elementBytes = wide ? Long.BYTES : Integer.BYTES;
    int chunk = CHUNK_BYTES / elementBytes;
    float[] fetched = array instanceof NamedArray.FloatSource ? new float[chunk] : null;
    long elements = array.elements();
    for (long from = 0; from < elements; from += chunk) {
      int count = (int) Math.min(chunk, elements - from);
      buffer.clear();
      switch (array) {
        case NamedArray.Floats floats ->
            buffer.asFloatBuffer().put(floats.values(), (int) from, count);
        case NamedArray.Ints ints -> buffer.asIntBuffer().put(ints.values(), (int) from, count);
        case NamedArray.Longs longs -> buffer.asLongBuffer().put(longs.values(), (int) from, count);
        case NamedArray.FloatSource source -> {
          source.reader().read(from, fetched, count);
          buffer.asFloatBuffer().put(fetched, 0, count);
        }
      }
      out.write(buffer.array(), 0, count * elementBytes);
    }
  }

  /**
   * Opens a file and checks it as a whole: its header, and that its length is what the header says.
   *
   * @throws IOException when the file is missing, unreadable, truncated, damaged, or no safetensors
   *     file; the message is one sentence that names the file
   */
  public static SafetensorsReader open(Path file) throws IOException {
    return new SafetensorsReader(file);
  }
}
