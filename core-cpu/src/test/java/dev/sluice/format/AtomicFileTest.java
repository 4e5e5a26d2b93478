package dev.sluice.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void aFileIsWrittenAndReplaced() throws IOException {
    Path target = folder.resolve("model");
    for (int size : new int[] {0, 1, 65_535, 65_536, 65_537, 1_000_003}) {
      byte[] content = new byte[size];
      new Random(size).nextBytes(content);
      AtomicFile.write(target, out -> out.write(content));
      assertArrayEquals(content, Files.readAllBytes(target));
      assertEquals(List.of("model"), files());
    }
  }

  @Test
  void theOldFileIsThereUntilTheNewOneIsWhole() throws IOException {
    Path target = folder.resolve("model");
    AtomicFile.write(target, out -> out.write(1));
    AtomicFile.write(
        target,
        out -> {
          out.write(new byte[100_000]);
          assertArrayEquals(new byte[] {1}, Files.readAllBytes(target));
          out.close();
          assertArrayEquals(new byte[] {1}, Files.readAllBytes(target));
        });
    assertEquals(100_000, Files.size(target));
  }

  @Test
  void aWriterThatFailsLeavesTheOldFileAndNothingElse() throws IOException {
    Path target = folder.resolve("model");
    IOException full = new IOException("No space left on device");
    IoConsumer<OutputStream> fails =
        out -> {
          out.write(new byte[100_000]);
          throw full;
        };
    var first = assertThrows(IOException.class, () -> AtomicFile.write(target, fails));
    assertTrue(
        first
            .getMessage()
            .matches(
                "cannot write \\Q" + target + "\\E: No space left on device \\(\\d+ MB free\\)"),
        first.getMessage());
    assertSame(full, first.getCause());
    assertEquals(List.of(), files());

    AtomicFile.write(target, out -> out.write(1));
    var second = assertThrows(IOException.class, () -> AtomicFile.write(target, fails));
    assertTrue(second.getMessage().endsWith("; the file there before is unchanged"));
    IllegalStateException bug = new IllegalStateException();
    IoConsumer<OutputStream> throwsOther =
        _ -> {
          throw bug;
        };
    assertSame(
        bug,
        assertThrows(IllegalStateException.class, () -> AtomicFile.write(target, throwsOther)));
    assertEquals(List.of("model"), files());
    assertArrayEquals(new byte[] {1}, Files.readAllBytes(target));
  }

  @Test
  void placesThatCannotBeWrittenAreNamed() throws IOException {
    IoConsumer<OutputStream> never =
        _ -> {
          throw new AssertionError("nothing is to be written");
        };
    var isFolder = assertThrows(IOException.class, () -> AtomicFile.write(folder, never));
    assertEquals("cannot write " + folder + ": it is a folder", isFolder.getMessage());
    Path nowhere = folder.resolve("nowhere");
    var missing =
        assertThrows(IOException.class, () -> AtomicFile.write(nowhere.resolve("model"), never));
    assertEquals(
        "cannot write " + nowhere.resolve("model") + ": there is no folder " + nowhere,
        missing.getMessage());
    Path tooLong = folder.resolve("x".repeat(250));
    var refused = assertThrows(IOException.class, () -> AtomicFile.write(tooLong, never));
    assertTrue(refused.getMessage().startsWith("cannot write " + tooLong), refused.getMessage());
  }

  @Test
  void leftoversOfKilledWritersAreRemovedByTheNextWrite() throws IOException {
    Path target = folder.resolve("model");
    Path leftover = Files.write(folder.resolve(".model.0123456789abcdef.tmp"), new byte[9]);
    Path ofAnother = Files.write(folder.resolve(".model.best.0123456789abcdef.tmp"), new byte[9]);
    Path ofAWriter = Files.write(folder.resolve(".model.fedcba9876543210.tmp"), new byte[9]);
    try (FileChannel channel = FileChannel.open(ofAWriter, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      assertTrue(lock.isValid());
      AtomicFile.write(target, out -> out.write(1));
    }
    assertEquals(
        List.of(ofAnother.getFileName().toString(), ofAWriter.getFileName().toString(), "model"),
        files());
    assertTrue(Files.notExists(leftover));
  }

  @Test
  void anInterruptedThreadStillSaves() throws IOException {
    Path target = folder.resolve("model");
    Thread.currentThread().interrupt();
    try {
      AtomicFile.write(target, out -> out.write(new byte[1_000_000]));
    } finally {
      assertTrue(Thread.interrupted(), "the interruption is still to be seen");
    }
    assertEquals(1_000_000, Files.size(target));
    assertEquals(List.of("model"), files());
  }

  /** Writes files until it is killed: each holds one byte value throughout, the next one another. */
  static final class EndlessWriter {
    static final int SIZE = 3_000_000;

    private EndlessWriter() {}

    public static void main(String[] arguments) throws IOException {
      Path target = Path.of(arguments[0]);
      byte[] content = new byte[SIZE];
      for (int round = 1; true; round++) {
        Arrays.fill(content, (byte) round);
        AtomicFile.write(
            target,
            out -> {
              for (int at = 0; at < SIZE; at += SIZE / 10) {
                out.write(content, at, SIZE / 10);
              }
            });
        System.out.write('.');
        System.out.flush();
      }
    }
  }

  @Test
  void aProcessKilledAtAnyMomentLeavesAWholeFile() throws Exception {
    Path target = folder.resolve("model");
    Random random = new Random(1);
    boolean cutShort = false;
    for (int round = 0; round < 6; round++) {
      Process writer =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-cp",
                  place(AtomicFile.class)
                      + System.getProperty("path.separator")
                      + place(EndlessWriter.class),
                  EndlessWriter.class.getName(),
                  target.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try (InputStream out = writer.getInputStream()) {
        assertEquals('.', out.read(), "the writer ended before its first file");
        Thread.sleep(random.nextInt(40));
      } finally {
        writer.destroyForcibly().waitFor();
      }
      byte[] content = Files.readAllBytes(target);
      assertEquals(EndlessWriter.SIZE, content.length);
      for (byte value : content) {
        if (value != content[0]) {
          throw new AssertionError("two writes are mixed");
        }
      }
      cutShort |= files().size() > 1;
    }
    assertTrue(cutShort, "no round killed the writer in the middle of a file");
    AtomicFile.write(target, out -> out.write(1));
    assertEquals(List.of("model"), files());
  }

  private static String place(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
    } catch (URISyntaxException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }
}
