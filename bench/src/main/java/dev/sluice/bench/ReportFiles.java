package dev.sluice.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.sluice.format.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reports on disk. */
final class ReportFiles {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private ReportFiles() {}

  /** Writes text, whole or not at all. */
  static void write(Path file, String text) throws IOException {
    AtomicFile.write(file, stream -> stream.write(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** Writes a report for {@link #readJson}. */
  static void writeJson(Path file, Report report) throws IOException {
    write(file, MAPPER.writeValueAsString(report) + "\n");
  }

  /**
   * Reads a report.
   *
   * @throws IOException when the file cannot be read or is no report; one sentence
   */
  static Report readJson(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Report report;
    try {
      report = MAPPER.readValue(bytes, Report.class);
    } catch (JsonProcessingException e) {
      throw new IOException(
          "%s is not a file that bench --json wrote (line %d)"
              .formatted(file, e.getLocation() == null ? 1 : e.getLocation().getLineNr()),
          e);
    }
    if (report == null || report.format() != Report.FORMAT) {
      throw new IOException(
          "%s is not a file that this version's bench --json wrote: its format is %d, not %d"
              .formatted(file, report == null ? 0 : report.format(), Report.FORMAT));
    }
    return report;
  }
}
