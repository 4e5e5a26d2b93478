package dev.sluice.bench.peers;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes a message in the Protocol Buffers wire format: varints and length-delimited fields. */
final class Protobuf {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /** An integer field. */
  Protobuf number(int field, long value) {
    varint((long) field << 3);
    varint(value);
    return this;
  }

  /** A string field. */
  Protobuf text(int field, String value) {
    return raw(field, value.getBytes(StandardCharsets.UTF_8));
  }

  /** A field that is a message itself. */
  Protobuf message(int field, Protobuf value) {
    return raw(field, value.toBytes());
  }

  /** A field of bytes that holds floats, little-endian. */
  Protobuf floats(int field, float[] values) {
    ByteBuffer buffer =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return raw(field, buffer.array());
  }

  private Protobuf raw(int field, byte[] value) {
    varint((long) field << 3 | 2);
    varint(value.length);
    bytes.writeBytes(value);
    return this;
  }

  private void varint(long value) {
    for (; (value & ~0x7fL) != 0; value >>>= 7) {
      bytes.write((int) (value & 0x7f | 0x80));
    }
    bytes.write((int) value);
  }

  byte[] toBytes() {
    return bytes.toByteArray();
  }
}
