package dev.sluice.train;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Writes metrics.jsonl: one JSON object a line for each event, in the file as soon as it happens. A
 * resumed run keeps the lines up to the step it resumes from and appends; a fresh run starts the file
 * anew.
 *
 * <p>Each line has {@code event} ({@code start}, {@code step}, {@code validation}, {@code sample},
 * {@code checkpoint}, {@code not_finite}, {@code warning}, {@code end}) and {@code step}; the other
 * names are those of the record that the listener method takes, in snake case. Numbers that are not
 * finite are null.
 */
public final class MetricsLog implements TrainingListener, AutoCloseable {
  /** Takes one line of the file. */
  interface LineConsumer {
    /**
     * Takes a line.
     *
     * @param event the parsed line
     * @param end position after it in the file, in bytes
     */
    void accept(JsonNode event, long end);
  }

  private final Path file;
  private FileChannel channel;
  private long end;

  /**
   * A log that is opened when training begins.
   *
   * @param file to write
   */
  public MetricsLog(Path file) {
    this.file = file;
  }

  @Override
  public void onStart(TrainingStart start) {
    try {
      close();
      end = 0;
      if (start.resumedStep() > 0 && Files.exists(file)) {
        forEachLine(file, start.resumedStep(), (_, position) -> end = position);
      }
      channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      channel.truncate(end);
    } catch (IOException e) {
      throw failure(e);
    }
    write(MetricsJson.start(start));
  }

  @Override
  public void onStep(StepReport report) {
    write(MetricsJson.step(report));
  }

  @Override
  public void onValidation(ValidationReport report) {
    write(MetricsJson.validation(report));
  }

  @Override
  public void onSample(SampleReport sample) {
    write(MetricsJson.sample(sample));
  }

  @Override
  public void onCheckpoint(CheckpointReport checkpoint) {
    write(MetricsJson.checkpoint(checkpoint));
  }

  @Override
  public void onNonFinite(NonFiniteReport report) {
    write(MetricsJson.nonFinite(report));
  }

  @Override
  public void onWarning(long step, String sentence) {
    write(MetricsJson.warning(step, sentence));
  }

  @Override
  public void onEnd(TrainingResult result) {
    write(MetricsJson.end(result));
    close();
  }

  /** Closes the file; closing twice does nothing. */
  @Override
  public void close() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        throw failure(e);
      } finally {
        channel = null;
      }
    }
  }

  /** Writes a line whole or, as far as the file's readers can tell, not at all. */
  private void write(String line) {
    if (channel == null) {
      return; // it could not be opened, which was said then
    }
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(line + "\n");
    try {
      long position = end;
      while (bytes.hasRemaining()) {
        position += channel.write(bytes, position);
      }
      end = position;
    } catch (IOException e) {
      try {
        channel.truncate(end);
      } catch (IOException inner) {
        e.addSuppressed(inner);
      }
      throw failure(e);
    }
  }

  private UncheckedIOException failure(IOException e) {
    return new UncheckedIOException(
        "the metrics file " + file + " cannot be written: " + e.getMessage(), e);
  }

  /**
   * Reads a metrics file.
   *
   * @param file to read
   * @param lastStep lines of later steps are left out, wherever they stand
   * @param consumer takes the others
   * @throws IOException when the file cannot be read, or a line other than the last is no event,
   *     or the consumer throws an IllegalArgumentException on one; the message names file and line
   */
  static void forEachLine(Path file, long lastStep, LineConsumer consumer) throws IOException {
    try (BufferedReader reader = Files.newBufferedReader(file)) {
      long size = Files.size(file);
      long position = 0;
      int number = 0;
      for (String line = reader.readLine(); line != null; ) {
        number++;
        position += line.getBytes(StandardCharsets.UTF_8).length + 1;
        JsonNode event = position > size ? null : MetricsJson.parse(line); // no line end: cut off
        String next = reader.readLine();
        if (event == null && next != null) {
          throw new IOException(
              "line "
                  + number
                  + " of "
                  + file
                  + " is no event of a training run: a JSON object"
                  + " with a step");
        }
        if (event != null && event.path("step").asLong() <= lastStep) {
          try {
            consumer.accept(event, position);
          } catch (IllegalArgumentException e) {
            throw new IOException(
                "line "
                    + number
                    + " of "
                    + file
                    + " is no event of a training run: "
                    + e.getMessage(),
                e);
          }
        }
        line = next;
      }
    }
  }
}
