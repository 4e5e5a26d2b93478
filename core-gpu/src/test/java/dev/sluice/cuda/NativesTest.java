package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cuBLAS or NVRTC that is not what its name says is refused before anything is called in it. */
class NativesTest {
  @TempDir private Path folder;
  private Path standIn;

  @BeforeEach
  void needsTheStandIn() {
    StandIn.require();
    standIn = Path.of(System.getenv("SLUICE_CUDA_HOME"));
  }

  @Test
  void noLibraryAtAll() throws IOException {
    Path file = Files.writeString(folder.resolve("libcublas.so.12"), "an error page");
    assertRefused("%s cannot be used: it is not a library (no ELF file); reinstall CUDA", file);
  }

  /** Loading it would end the JVM with a bus error. */
  @Test
  void onlyItsBeginning() throws IOException {
    byte[] whole = Files.readAllBytes(standIn.resolve("libcublas.so.12"));
    Path file = folder.resolve("libcublas.so.12");
    Files.write(file, Arrays.copyOf(whole, whole.length / 3));
    assertRefused("%s cannot be used: it is damaged, " + whole.length / 3 + " bytes long", file);
  }

  @Test
  void anotherLibrary() throws IOException {
    Path file = folder.resolve("libcublas.so.12");
    Files.copy(standIn.resolve("libnvrtc.so.12"), file);
    assertRefused("%s cannot be used: it has no function cublasCreate_v2; reinstall CUDA", file);
  }

  @Test
  void anotherVersion() throws IOException {
    Path file = folder.resolve("libcublas.so.13");
    Files.copy(standIn.resolve("libcublas.so.12"), file);
    assertRefused("%s cannot be used: it is cuBLAS 12, not the 13 that its name says;", file);
  }

  @Test
  void aCompilerOfAnotherVersion() throws IOException {
    Path file = folder.resolve("libnvrtc.so.13");
    Files.copy(standIn.resolve("libnvrtc.so.12"), file);
    UnavailableException refused =
        assertThrows(UnavailableException.class, () -> natives().loadCompiler());
    assertEquals(
        file
            + " cannot be used: it is NVRTC 12, not the 13 that its name says; reinstall CUDA, or"
            + " set SLUICE_CUDA_HOME to another one.",
        refused.getMessage());
  }

  private void assertRefused(String beginning, Path file) {
    UnavailableException refused =
        assertThrows(UnavailableException.class, () -> natives().loadBlas());
    String wanted = beginning.formatted(file);
    assertTrue(refused.getMessage().startsWith(wanted), refused.getMessage());
    assertTrue(refused.getMessage().endsWith("SLUICE_CUDA_HOME to another one."));
  }

  private Natives natives() {
    CudaFinder finder =
        new CudaFinder(Map.of("SLUICE_CUDA_HOME", folder.toString()), folder, folder);
    return new Natives(PrivateFolder.open(Map.of(), folder, "cuda"), finder, 13);
  }
}
