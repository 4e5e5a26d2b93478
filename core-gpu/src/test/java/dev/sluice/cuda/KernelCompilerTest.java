package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.BackendOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where there is no fatbin: compiling once, and not trusting a damaged cache. */
class KernelCompilerTest {
  @TempDir private Path home;

  @Test
  void compilesOnceAndAgainWhenTheCacheIsDamaged() throws IOException {
    StandIn.require();
    PrivateFolder cache = PrivateFolder.open(Map.of(), home, "cuda");
    Natives natives = new Natives(cache, new CudaFinder(), 13);
    natives.loadDriver();
    natives.loadBlas();
    natives.loadCompiler();
    KernelSources sources = new KernelSources();
    KernelCompiler compiler = new KernelCompiler(cache);

    byte[] image = compiler.compile(sources, 90).image();
    Path entry = entries(cache).getFirst();
    byte[] sealed = Files.readAllBytes(entry);
    byte[] damaged = sealed.clone();
    damaged[5] ^= 4;
    Files.write(entry, damaged);
    KernelCompiler.Compiled again = compiler.compile(sources, 90);
    assertArrayEquals(image, again.image());
    assertTrue(again.details().contains("the cached file was damaged"), again.details());
    assertArrayEquals(sealed, Files.readAllBytes(entry), "written anew");

    Object before = Files.getAttribute(entry, "unix:ino");
    assertEquals("sm_90, from the cache", compiler.compile(sources, 90).details());
    assertEquals(before, Files.getAttribute(entry, "unix:ino"), "taken from the cache");

    compiler.compile(sources, 86);
    assertEquals(2, entries(cache).size(), "one for each architecture");
    assertThrows(UnavailableException.class, () -> compiler.compile(sources, 70));

    DriverProbe.Gpu gpu = DriverProbe.look(new CudaFinder().forcedDriver()).gpus().getFirst();
    new CudaRuntime(gpu, image, sources.layouts(), BackendOptions.DEFAULT).close();
  }

  /** JCuda's own unpacking into the shared folder for temporary files is not used. */
  @Test
  void nothingIsUnpackedIntoASharedFolder() throws IOException {
    StandIn.open().close();
    try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
      assertTrue(files.noneMatch(file -> file.getFileName().toString().startsWith("libJC")));
    }
  }

  private static List<Path> entries(PrivateFolder cache) throws IOException {
    try (Stream<Path> files = Files.list(cache.path())) {
      return files.filter(file -> file.toString().endsWith(".cubin")).sorted().toList();
    }
  }
}
