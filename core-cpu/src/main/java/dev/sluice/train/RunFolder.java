package dev.sluice.train;

import dev.sluice.format.FailureReason;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The folder of one run and the names of the files in it.
 *
 * @param folder made when training begins, if need be
 */
public record RunFolder(Path folder) {
  /** The best model, or the last one when there is no validation. */
  public Path model() {
    return folder.resolve("model.safetensors");
  }

  /** Where to resume from. */
  public Path lastCheckpoint() {
    return folder.resolve("checkpoint-last.safetensors");
  }

  /** The state at the lowest validation loss. */
  public Path bestCheckpoint() {
    return folder.resolve("checkpoint-best.safetensors");
  }

  /** What {@link MetricsLog} writes. */
  public Path metrics() {
    return folder.resolve("metrics.jsonl");
  }

  /** What {@link HtmlReport} writes. */
  public Path report() {
    return folder.resolve("report.html");
  }

  /** What {@link RunLock} holds. */
  public Path lock() {
    return folder.resolve(".lock");
  }

  /**
   * Makes the folder and those around it.
   *
   * @throws IOException when it cannot be made, with one sentence
   */
  public void create() throws IOException {
    try {
      Files.createDirectories(folder);
    } catch (FileAlreadyExistsException e) {
      throw new IOException(
          "the run's folder " + folder + " cannot be made: a file of that name is in the way", e);
    } catch (IOException e) {
      throw new IOException(
          "the run's folder " + folder + " cannot be made: " + FailureReason.of(e), e);
    }
  }
}
