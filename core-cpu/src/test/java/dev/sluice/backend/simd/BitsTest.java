package dev.sluice.backend.simd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every operation gives the same bits for any number of threads and for every vector width. */
class BitsTest {
  @Test
  void threadsDoNotChangeTheBits() {
    Map<String, Long> one = bits(1);
    assertEquals(one, bits(2));
    assertEquals(one, bits(3));
  }

  private static Map<String, Long> bits(int threads) {
    try (Backend backend = new SimdBackend(threads)) {
      return BitsProbe.bits(backend);
    }
  }

  @Test
  void vectorWidthDoesNotChangeTheBits() throws Exception {
    Map<String, Long> here = bits(1);
    Process narrow = start(128, 1);
    Process middle = start(256, 2);
    Process wide = start(512, 1);
    assertEquals(here, bits(narrow), "128 bits");
    assertEquals(here, bits(middle), "256 bits");
    assertEquals(here, bits(wide), "512 bits");
  }

  /** A new virtual machine that prints the bits. */
  private static Process start(int vectorBits, int threads) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dsluice.vectorBits=" + vectorBits,
            "--add-modules",
            "jdk.incubator.vector",
            "-cp",
            System.getProperty("java.class.path"),
            BitsProbe.class.getName(),
            Integer.toString(threads))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  private static Map<String, Long> bits(Process process) throws Exception {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), output);
    Map<String, Long> bits = new LinkedHashMap<>();
    output
        .lines()
        .map(line -> line.split(" "))
        .forEach(words -> bits.put(words[0], Long.parseLong(words[1])));
    assertTrue(bits.size() > 30, output);
    return bits;
  }
}
