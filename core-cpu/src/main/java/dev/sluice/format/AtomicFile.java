package dev.sluice.format;

import java.io.BufferedOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.UUID;

/**
 * Writes files so that a reader finds the old one or the new one, whole, whatever happens: an
 * error, a full disk, a killed process, a power cut.
 *
 * <p>The bytes go to a file beside the target, {@code .TARGET.NUMBER.tmp}, which is flushed to disk
 * and renamed; then the folder is flushed. A killed process leaves such a file behind: it does no
 * harm, and the next write to the same target removes it. A writer holds a lock on its file, so that
 * one still at work is not taken for a leftover. Of two processes that replace the same target at
 * the same moment one may fail and say so; the file is whole all the same.
 */
public final class AtomicFile {
  private static final int BUFFER_BYTES = 1 << 16;
  private static final String SUFFIX = ".tmp";

  private AtomicFile() {}

  /**
   * Writes a file, or replaces it.
   *
   * @param target in an existing folder; a symbolic link is itself replaced
   * @param body writes the content; the stream is buffered, and may be closed or left open
   * @throws IOException when the file cannot be written or {@code body} throws one; the message is a
   *     sentence with the path, the cause and the free space. The target is as it was before
   */
  public static void write(Path target, IoConsumer<? super OutputStream> body) throws IOException {
    Path absolute = target.toAbsolutePath().normalize();
    Path folder = absolute.getParent();
    if (folder == null || Files.isDirectory(absolute)) {
      throw new IOException("cannot write " + target + ": it is a folder");
    }
    if (!Files.isDirectory(folder)) {
      throw new IOException("cannot write " + target + ": there is no folder " + folder);
    }
    String prefix = "." + absolute.getFileName() + ".";
    removeLeftovers(folder, prefix);
    long number = UUID.randomUUID().getMostSignificantBits();
    Path temporary = folder.resolve(prefix + HexFormat.of().toHexDigits(number) + SUFFIX);
    try {
      writeAndFlush(temporary, body);
      Files.move(temporary, absolute, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new IOException(describe(target, folder, e), e);
    } finally {
      delete(temporary);
    }
    flushFolder(folder);
  }

  /** A stream, not a channel: an interrupted thread would close that one and lose the file. */
  private static void writeAndFlush(Path file, IoConsumer<? super OutputStream> body)
      throws IOException {
    Files.createFile(file);
    try (FileOutputStream stream = new FileOutputStream(file.toFile());
        FileLock _ = tryLock(stream.getChannel())) {
      OutputStream buffered = new UnclosedStream(stream);
      body.accept(buffered);
      buffered.flush();
      stream.getFD().sync();
    }
  }

  /** Closing it, which writers of many formats do, leaves the file open to be flushed to disk. */
  private static final class UnclosedStream extends BufferedOutputStream {
    UnclosedStream(OutputStream file) {
      super(file, BUFFER_BYTES);
    }

    @Override
    public void close() throws IOException {
      flush();
    }
  }

  /** The lock, or null where another holds it or the file system has none. */
  private static FileLock tryLock(FileChannel channel) {
    try {
      return channel.tryLock();
    } catch (IOException | OverlappingFileLockException _) {
      return null;
    }
  }

  /** Files of killed writers: those whose lock is free. What cannot be removed is left alone. */
  private static void removeLeftovers(Path folder, String prefix) {
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(folder, file -> isTemporary(file, prefix))) {
      for (Path file : files) {
        boolean abandoned;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
            FileLock lock = tryLock(channel)) {
          abandoned = lock != null;
        }
        if (abandoned) {
          delete(file);
        }
      }
    } catch (IOException _) {
      // A leftover costs space, nothing else; the write itself reports what is wrong here.
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException _) {
      // It costs space, nothing else, and the next write tries again.
    }
  }

  private static boolean isTemporary(Path file, String prefix) {
    String name = file.getFileName().toString();
    return name.startsWith(prefix)
        && name.endsWith(SUFFIX)
        && name.length() == prefix.length() + 16 + SUFFIX.length();
  }

  private static String describe(Path target, Path folder, IOException cause) {
    return "cannot write "
        + target
        + ": "
        + FailureReason.of(cause)
        + freeSpace(folder)
        + (Files.exists(target) ? "; the file there before is unchanged" : "");
  }

  private static String freeSpace(Path folder) {
    try {
      long free = Files.getFileStore(folder).getUsableSpace();
      return " (" + free / 1_000_000 + " MB free)";
    } catch (IOException _) {
      return "";
    }
  }

  /** Makes the new name last through a power cut; Windows has no such call and needs none. */
  private static void flushFolder(Path folder) {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
    } catch (IOException _) {
      // The file itself is on disk.
    }
  }
}
