package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where CUDA is looked for, on made-up machines. */
class CudaFinderTest {
  @TempDir private Path root;
  private final Map<String, String> environment = new HashMap<>();

  @Test
  void findsTheUsualFolders() throws IOException {
    place("usr/local/cuda-12.4/lib64/libcublas.so.12");
    assertFound("usr/local/cuda-12.4/lib64/libcublas.so.12", 12, 13);
    place("opt/cuda/targets/x86_64-linux/lib/libcublas.so.12");
    assertFound("usr/local/cuda-12.4/lib64/libcublas.so.12", 12, 13);
    place("usr/local/cuda/lib64/libcublas.so.12");
    assertFound("usr/local/cuda/lib64/libcublas.so.12", 12, 13);
  }

  @Test
  void prefersTheNewestThatTheDriverRuns() throws IOException {
    place("usr/local/cuda-12.4/lib64/libcublas.so.12");
    place("usr/local/cuda-13.0/lib64/libcublas.so.13");
    assertFound("usr/local/cuda-13.0/lib64/libcublas.so.13", 13, 13);
    assertFound("usr/local/cuda-12.4/lib64/libcublas.so.12", 12, 12);
  }

  @Test
  void variablesComeFirst() throws IOException {
    place("usr/local/cuda/lib64/libcublas.so.13");
    place("mine/lib64/libcublas.so.13");
    environment.put("CUDA_HOME", root.resolve("mine").toString());
    assertFound("mine/lib64/libcublas.so.13", 13, 13);
    place("forced/libcublas.so.12");
    environment.put("SLUICE_CUDA_HOME", root.resolve("forced").toString());
    assertFound("forced/libcublas.so.12", 12, 13);
  }

  @Test
  void findsWheelsOfEitherGeneration() throws IOException {
    place("home/.local/lib/python3.11/site-packages/nvidia/cublas/lib/libcublas.so.12");
    assertFound(
        "home/.local/lib/python3.11/site-packages/nvidia/cublas/lib/libcublas.so.12", 12, 13);
    place("venv/lib/python3.12/site-packages/nvidia/cu13/lib/libcublas.so.13");
    environment.put("VIRTUAL_ENV", root.resolve("venv").toString());
    assertFound("venv/lib/python3.12/site-packages/nvidia/cu13/lib/libcublas.so.13", 13, 13);
  }

  @Test
  void readsTheLoadersCache() throws IOException {
    place("weird/place/libcublas.so.12");
    Files.createDirectories(root.resolve("etc"));
    Files.write(
        root.resolve("etc/ld.so.cache"), cache("libcublas.so.12", "/weird/place/libcublas.so.12"));
    CudaFinder.Library found = finder().find("libcublas", 13);
    assertEquals(root.resolve("weird/place/libcublas.so.12"), found.file());
    assertEquals("the loader's cache", found.where());
  }

  @Test
  void aDamagedCacheNamesNothing() {
    byte[] whole = cache("libcublas.so.12", "/a/libcublas.so.12");
    assertEquals(Map.of("libcublas.so.12", "/a/libcublas.so.12"), LoaderCache.read(whole));
    byte[] cut = Arrays.copyOf(whole, 60);
    assertTrue(LoaderCache.read(cut).isEmpty());
    assertTrue(LoaderCache.read(new byte[0]).isEmpty());
    byte[] older = new byte[16 + whole.length]; // the table of before glibc 2.2 stands in front
    System.arraycopy(whole, 0, older, 16, whole.length);
    assertEquals(1, LoaderCache.read(older).size());
  }

  @Test
  void saysWhatIsMissing() throws IOException {
    assertSentence("cuBLAS was not found", "SLUICE_CUDA_HOME");
    place("usr/local/cuda/lib64/libcublas.so.11");
    assertSentence("only cuBLAS 11 was found, " + root, "libcublas.so.12 or .13 is needed");
    place("usr/local/cuda/lib64/libcublas.so.13");
    UnavailableException tooNew =
        assertThrows(UnavailableException.class, () -> finder().find("libcublas", 12));
    assertTrue(tooNew.getMessage().contains("runs CUDA 12 at most"), tooNew.getMessage());
    environment.put("SLUICE_CUDA_HOME", root.resolve("nowhere").toString());
    assertSentence("SLUICE_CUDA_HOME is", "correct the variable");
  }

  @Test
  void saysWhatCannotBeRead() throws IOException {
    Path file = place("usr/local/cuda/lib64/libcublas.so.13");
    assertTrue(file.toFile().setReadable(false));
    assumeFalse(Files.isReadable(file), "this user may read everything");
    assertSentence("cannot be read (permission denied)", "Make it readable");
  }

  @Test
  void aDriverIsTakenFromTheForcedHomeOnly() throws IOException {
    place("usr/local/cuda/lib64/libcuda.so.1");
    assertNull(finder().forcedDriver());
    Path driver = place("forced/libcuda.so.1");
    environment.put("SLUICE_CUDA_HOME", root.resolve("forced").toString());
    assertEquals(driver, finder().forcedDriver());
  }

  private CudaFinder finder() {
    return new CudaFinder(environment, root, root.resolve("home"));
  }

  private Path place(String path) throws IOException {
    Path file = root.resolve(path);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, "a library");
  }

  private void assertFound(String path, int major, int newest) {
    CudaFinder.Library found = finder().find("libcublas", newest);
    assertEquals(root.resolve(path), found.file());
    assertEquals(major, found.major());
  }

  private void assertSentence(String... parts) {
    UnavailableException refused =
        assertThrows(UnavailableException.class, () -> finder().find("libcublas", 13));
    for (String part : parts) {
      assertTrue(refused.getMessage().contains(part), refused.getMessage());
    }
  }

  /** A loader's cache with one entry, in glibc's new format. */
  private static byte[] cache(String name, String path) {
    byte[] strings = (name + "\0" + path + "\0").getBytes(StandardCharsets.UTF_8);
    ByteBuffer cache = ByteBuffer.allocate(72 + strings.length).order(ByteOrder.LITTLE_ENDIAN);
    cache.put("glibc-ld.so.cache1.1".getBytes(StandardCharsets.US_ASCII));
    cache.putInt(1).putInt(strings.length);
    cache.position(48);
    cache.putInt(0x0303).putInt(72).putInt(72 + name.length() + 1).putInt(0).putLong(0);
    cache.put(strings);
    return cache.array();
  }
}
