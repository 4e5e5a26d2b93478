package dev.sluice.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The folder for unpacked libraries and compiled kernels. */
class PrivateFolderTest {
  private static final byte[] CONTENT = {1, 2, 3, 4, 5};

  @TempDir private Path home;

  @Test
  void isTheOwnersAlone() throws IOException {
    PrivateFolder folder = open();
    assertEquals(home.resolve(".cache/sluice/test"), folder.path());
    Path file = folder.place("a.so", CONTENT);
    for (Path each : new Path[] {folder.path(), file, folder.subfolder("b").path()}) {
      String permissions = PosixFilePermissions.toString(Files.getPosixFilePermissions(each));
      assertEquals("------", permissions.substring(3), each.toString());
    }
  }

  @Test
  void followsTheEnvironment() {
    Map<String, String> environment = Map.of("XDG_CACHE_HOME", home.resolve("xdg").toString());
    PrivateFolder folder = PrivateFolder.open(environment, home, "test");
    assertEquals(home.resolve("xdg/sluice/test"), folder.path());
  }

  @Test
  void replacesADamagedFile() throws IOException {
    Path file = open().place("a.so", CONTENT);
    Files.write(file, new byte[] {1, 2, 3, 4, 6});
    assertArrayEquals(CONTENT, Files.readAllBytes(open().place("a.so", CONTENT)));
  }

  @Test
  void leavesAGoodFileAlone() throws IOException {
    Path file = open().place("a.so", CONTENT);
    Object before = Files.getAttribute(file, "unix:ino");
    open().place("a.so", CONTENT);
    assertEquals(before, Files.getAttribute(file, "unix:ino"));
  }

  @Test
  void noticesADamagedCacheEntry() throws IOException {
    PrivateFolder folder = open();
    assertNull(folder.loadChecked("kernels"));
    assertTrue(folder.storeChecked("kernels", CONTENT));
    assertArrayEquals(CONTENT, folder.loadChecked("kernels"));
    Path file = folder.path().resolve("kernels");
    byte[] sealed = Files.readAllBytes(file);
    sealed[2] ^= 1;
    Files.write(file, sealed);
    assertNull(folder.loadChecked("kernels"));
    Files.write(file, new byte[7]);
    assertNull(folder.loadChecked("kernels"));
  }

  @Test
  void usesAnotherFolderWhereItCannotWrite() throws IOException {
    Files.createDirectories(home.resolve(".cache"));
    Files.writeString(home.resolve(".cache/sluice"), "a file where the folder should be");
    PrivateFolder folder = open();
    assertFalse(folder.path().startsWith(home));
    assertTrue(Files.isRegularFile(folder.place("a.so", CONTENT)));
  }

  @Test
  void doesNotTrustAFolderThatOthersCanWrite() throws IOException {
    Path open = Files.createDirectories(home.resolve(".cache/sluice/test"));
    Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
    assertNotEquals(open, open().path());
  }

  /** Many that start at once see no half-written file. */
  @Test
  void manyAtOnce() throws Exception {
    byte[] large = new byte[1 << 20];
    Arrays.fill(large, (byte) 7);
    AtomicInteger wrong = new AtomicInteger();
    CountDownLatch start = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
      for (int thread = 0; thread < 4; thread++) {
        threads.submit(() -> {
          start.await();
          for (int round = 0; round < 5; round++) {
            Path file = open().place("a.so", large);
            if (!Arrays.equals(large, Files.readAllBytes(file))) {
              wrong.incrementAndGet();
            }
          }
          return null;
        });
      }
      start.countDown();
      threads.shutdown();
      assertTrue(threads.awaitTermination(1, TimeUnit.MINUTES));
    }
    assertEquals(0, wrong.get());
    try (var files = Files.list(open().path())) {
      assertEquals(1, files.count(), "nothing is left lying about");
    }
  }

  private PrivateFolder open() {
    return PrivateFolder.open(Map.of(), home, "test");
  }
}
