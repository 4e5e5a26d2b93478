package dev.sluice.train;

import dev.sluice.format.FailureReason;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.StandardOpenOption;

/**
 * Keeps a second process from training in a run's folder, where the two would overwrite each
 * other's checkpoints. The operating system gives the lock back when the process ends, however it
 * ends.
 */
public final class RunLock implements AutoCloseable {
  private final FileChannel channel;

  private RunLock(FileChannel channel) {
    this.channel = channel;
  }

  /**
   * Locks a folder, which must exist.
   *
   * @return to be closed when the training ends; the empty lock file stays
   * @throws IOException when another process has it, or the file cannot be made, with one sentence
   */
  public static RunLock take(RunFolder folder) throws IOException {
    FileChannel channel;
    try {
      channel =
          FileChannel.open(folder.lock(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new IOException(
          "the run's lock " + folder.lock() + " cannot be opened: " + FailureReason.of(e), e);
    }
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException _) {
      lock = null;
    } catch (IOException e) {
      channel.close();
      throw new IOException(
          "the run's lock " + folder.lock() + " cannot be taken: " + FailureReason.of(e), e);
    }
    if (lock == null) {
      channel.close();
      throw new IOException(
          "another process is training in %s; wait until it ends or stop it, then try again"
              .formatted(folder.folder()));
    }
    return new RunLock(channel);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
