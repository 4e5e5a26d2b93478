package dev.sluice.cuda;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * The table of contents of a fatbin as nvcc writes it: a header of 16 bytes, then for each piece of
 * code a header of its own, with kind and architecture, and the code. NVIDIA documents it nowhere;
 * this much was read off files of CUDA 12 and 13, and serves people only.
 */
final class Fatbin {
  private static final int MAGIC = 0xba55ed50;
  private static final int PTX = 1;
  private static final int MACHINE_CODE = 2;

  private final List<String> codes = new ArrayList<>();
  private final int bytes;

  Fatbin(byte[] content) {
    bytes = content.length;
    ByteBuffer fatbin = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
    if (content.length < 16 || fatbin.getInt(0) != MAGIC) {
      return;
    }
    int at = fatbin.getShort(6);
    try {
      while (at + 32 <= content.length) {
        int kind = fatbin.getShort(at);
        int architecture = fatbin.getInt(at + 28);
        if (kind == MACHINE_CODE) {
          codes.add("sm_" + architecture);
        } else if (kind == PTX) {
          codes.add("PTX for compute_" + architecture);
        }
        at = Math.toIntExact(at + fatbin.getInt(at + 4) + fatbin.getLong(at + 8));
      }
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      codes.clear(); // of another form than known here; the driver will judge it
    }
  }

  /** What is in it, for example {@code sm_90, PTX for compute_80, 1.5 MiB}. */
  String summary() {
    List<String> parts = new ArrayList<>(codes);
    parts.add(Bytes.text(bytes));
    return String.join(", ", parts);
  }
}
