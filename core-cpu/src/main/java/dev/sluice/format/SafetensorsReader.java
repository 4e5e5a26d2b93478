package dev.sluice.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;

/**
 * An open safetensors file whose header has been checked. Arrays are read when asked for, through a
 * buffer of 64 KB. Not for several threads at once.
 */
public final class SafetensorsReader implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;
  private final SafetensorsHeader header;
  private final long dataStart;
  private final ByteBuffer buffer =
      ByteBuffer.allocate(Safetensors.CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);

  SafetensorsReader(Path file) throws IOException {
    this.file = file;
    if (Files.isDirectory(file)) {
      throw new IOException(file + " is a folder, not a safetensors file");
    }
    try {
      channel = FileChannel.open(file, StandardOpenOption.READ);
    } catch (NoSuchFileException e) {
      throw new IOException("there is no file " + file, e);
    } catch (AccessDeniedException e) {
      throw new IOException(file + " cannot be read: permission denied", e);
    }
    boolean opened = false;
    try {
      byte[] json = readHeader(channel.size());
      dataStart = Long.BYTES + json.length;
      header = SafetensorsHeader.parse(json);
      requireLength(channel.size() - dataStart, header.dataBytes());
      opened = true;
    } catch (SafetensorsHeader.InvalidHeaderException e) {
      throw new IOException(file + " is no valid safetensors file: " + e.getMessage(), e);
    } finally {
      if (!opened) {
        channel.close();
      }
    }
  }

  private byte[] readHeader(long size) throws IOException {
    String foreign = file + " is not a safetensors file, or the beginning of one: ";
    if (size < Long.BYTES) {
      throw new IOException(foreign + "it has " + size + " bytes");
    }
    fill(0, Long.BYTES);
    long length = buffer.getLong();
    if (length < 2 || length > SafetensorsHeader.MAX_BYTES) {
      throw new IOException(
          foreign
              + "it would have a header of "
              + Long.toUnsignedString(length)
              + " bytes, where 2 to "
              + SafetensorsHeader.MAX_BYTES
              + " are possible");
    }
    if (length > size - Long.BYTES) {
      throw new IOException(
          foreign + "its header would have " + length + " bytes, but the file has only " + size);
    }
    byte[] json = new byte[(int) length];
    for (int at = 0; at < json.length; at += buffer.limit()) {
      fill(Long.BYTES + at, Math.min(buffer.capacity(), json.length - at));
      buffer.get(json, at, buffer.limit());
    }
    if (json[0] != '{') {
      throw new IOException(foreign + "its header does not begin with '{'");
    }
    return json;
  }

  private void requireLength(long present, long expected) throws IOException {
    if (present < expected) {
      throw new IOException(
          file
              + " is truncated: its arrays take "
              + expected
              + " bytes, but "
              + present
              + " are there");
    }
    if (present > expected) {
      throw new IOException(
          file
              + " is damaged: "
              + (present - expected)
              + " bytes follow its arrays, which end at byte "
              + (dataStart + expected));
    }
  }

  /** The file's strings, by key. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /** What the file holds, by name, in the order of its header. */
  public Map<String, ArrayInfo> arrays() {
    return header.arrays();
  }

  /**
   * What the header says about an array that must be there.
   *
   * @throws IOException when there is none of that name, or its shape is another
   */
  public ArrayInfo require(String name, int... shape) throws IOException {
    ArrayInfo info = info(name);
    if (!Arrays.equals(info.shape(), shape)) {
      throw new IOException(
          file
              + " has "
              + name
              + " with the shape "
              + Arrays.toString(info.shape())
              + ", where "
              + Arrays.toString(shape)
              + " is expected");
    }
    return info;
  }

  /**
   * An array of floating-point numbers, whatever its precision in the file: F64 is rounded to
   * single precision, F16 and BF16 are exact.
   *
   * @throws IOException when there is none of that name, or it holds integers
   */
  public float[] floats(String name) throws IOException {
    float[] values = new float[length(info(name))];
    readFloats(name, 0, values, 0, values.length);
    return values;
  }

  /** An array of 32-bit integers; errors as in {@link #floats}. */
  public int[] ints(String name) throws IOException {
    ArrayInfo info = require(name, ElementType.I32);
    int[] values = new int[length(info)];
    for (int at = 0, count; at < values.length; at += count) {
      count = fillElements(info, at, values.length - at);
      buffer.asIntBuffer().get(values, at, count);
    }
    return values;
  }

  /** An array of 64-bit integers; errors as in {@link #floats}. */
  public long[] longs(String name) throws IOException {
    ArrayInfo info = require(name, ElementType.I64);
    long[] values = new long[length(info)];
    for (int at = 0, count; at < values.length; at += count) {
      count = fillElements(info, at, values.length - at);
      buffer.asLongBuffer().get(values, at, count);
    }
    return values;
  }

  /**
   * Reads a part of an array of floating-point numbers, for arrays that need not be in memory as a
   * whole.
   *
   * @param from first element, counted in row-major order
   * @param target receives {@code count} numbers from {@code to} on
   * @throws IOException as in {@link #floats}
   * @throws IllegalArgumentException when the part leaves the array or the target
   */
  public void readFloats(String name, long from, float[] target, int to, int count)
      throws IOException {
    ArrayInfo info = info(name);
    if (!info.type().isFloatingPoint()) {
      throw new IOException(
          file
              + " has "
              + name
              + " as "
              + info.type()
              + ", where floating-point numbers are"
              + " expected");
    }
    if (from < 0
        || count < 0
        || from > info.elements() - count
        || to < 0
        || to > target.length - count) {
      throw new IllegalArgumentException(
          "readFloats: "
              + count
              + " numbers from "
              + from
              + " of "
              + info.elements()
              + " to "
              + to
              + " of "
              + target.length);
    }
    for (int done = 0, read; done < count; done += read) {
      read = fillElements(info, from + done, count - done);
      int at = to + done;
      switch (info.type()) {
        case F64 -> {
          for (int i = 0; i < read; i++) {
            target[at + i] = (float) buffer.getDouble();
          }
        }
        case F16 -> {
          for (int i = 0; i < read; i++) {
            target[at + i] = Float.float16ToFloat(buffer.getShort());
          }
        }
        case BF16 -> {
          for (int i = 0; i < read; i++) {
            target[at + i] = Float.intBitsToFloat(buffer.getShort() << 16);
          }
        }
        default -> buffer.asFloatBuffer().get(target, at, read);
      }
    }
  }

  private ArrayInfo info(String name) throws IOException {
    ArrayInfo info = header.arrays().get(name);
    if (info == null) {
      throw new IOException(file + " has no array " + name);
    }
    return info;
  }

  private ArrayInfo require(String name, ElementType type) throws IOException {
    ArrayInfo info = info(name);
    if (info.type() != type) {
      throw new IOException(
          file + " has " + name + " as " + info.type() + ", where " + type + " is expected");
    }
    return info;
  }

  private int length(ArrayInfo info) throws IOException {
    if (info.elements() > Integer.MAX_VALUE - 8) {
      throw new IOException(
          file
              + " has "
              + info.name()
              + " with "
              + info.elements()
              + " elements, more than fit into one Java array");
    }
    return (int) info.elements();
  }

  /** Fills the buffer with as many elements as it holds, {@code count} at most, and counts them. */
  private int fillElements(ArrayInfo info, long from, int count) throws IOException {
    int width = info.type().bytes();
    int elements = Math.min(count, buffer.capacity() / width);
    fill(dataStart + info.begin() + from * width, elements * width);
    return elements;
  }

  private void fill(long position, int bytes) throws IOException {
    buffer.clear().limit(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new IOException(file + " became shorter while it was read");
      }
    }
    buffer.flip();
  }

  /** Closes the file. */
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
