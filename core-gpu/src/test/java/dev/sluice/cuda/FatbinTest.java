package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** What doctor says of compiled kernels. */
class FatbinTest {
  @Test
  void namesMachineCodeAndPtx() {
    byte[] content = content(2, 90, 100, 1, 80, 40);
    assertEquals("sm_90, PTX for compute_80, 284 bytes", new Fatbin(content).summary());
  }

  @Test
  void anythingElseIsOnlyMeasured() {
    assertEquals("5 bytes", new Fatbin(new byte[5]).summary());
    byte[] endless = content(2, 90, -500, 1, 80, 40);
    assertTrue(new Fatbin(endless).summary().endsWith(" bytes"));
  }

  /** Of this build, where there was an nvcc. */
  @Test
  void readsWhatNvccWrites() {
    byte[] built = KernelSources.fatbin();
    if (built != null) {
      String summary = new Fatbin(built).summary();
      assertTrue(summary.contains("sm_90"), summary);
      assertTrue(summary.contains("PTX for compute_80"), summary);
    }
  }

  /** Two pieces of code: kind, architecture and size of each. */
  private static byte[] content(int... pieces) {
    ByteBuffer fatbin =
        ByteBuffer.allocate(16 + 2 * 64 + Math.max(0, pieces[2]) + pieces[5])
            .order(ByteOrder.LITTLE_ENDIAN);
    fatbin.putInt(0, 0xba55ed50).putShort(6, (short) 16);
    int at = 16;
    for (int piece = 0; piece < 6; piece += 3) {
      fatbin.putShort(at, (short) pieces[piece]).putInt(at + 4, 64);
      fatbin.putLong(at + 8, pieces[piece + 2]).putInt(at + 28, pieces[piece + 1]);
      at += 64 + Math.max(0, pieces[piece + 2]);
    }
    return fatbin.array();
  }
}
