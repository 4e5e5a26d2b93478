package dev.sluice.bench.gpu;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import dev.sluice.format.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Where a report goes: {@code gpu-speed.json}, and a copy of a document with its tables. */
final class GpuReportFiles {
  private final Path folder;
  private final Path page;
  private final String document;

  /**
   * Reads the document.
   *
   * @param folder receives both files
   * @param page the document; null for none
   * @throws IOException when it cannot be read, or has no place for tables
   */
  GpuReportFiles(Path folder, Path page) throws IOException {
    this.folder = folder;
    this.page = page;
    document = page == null ? null : Files.readString(page);
    if (document != null && !GpuPage.hasMarks(document)) {
      throw new IOException(
          "%s has no lines %s and %s, between which tables go"
              .formatted(page, GpuPage.BEGIN, GpuPage.END));
    }
  }

  /** Writes both, in place of what an earlier call wrote. */
  void write(GpuReport report) throws IOException {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    GpuReport written = report.standIn() ? withoutTimes(report) : report;
    text(folder.resolve("gpu-speed.json"), mapper.writeValueAsString(written) + "\n");
    if (document != null) {
      text(folder.resolve(page.getFileName().toString()), GpuPage.with(document, report));
    }
  }

  private static GpuReport withoutTimes(GpuReport report) {
    List<GpuRow> rows =
        report.rows().stream()
            .map(row ->
                new GpuRow(
                    row.work(), row.outcomes().stream().map(GpuReportFiles::withoutTimes).toList()))
            .toList();
    return new GpuReport(
        report.format(),
        report.version(),
        report.date(),
        true,
        report.device(),
        report.driver(),
        report.pytorch(),
        null,
        rows,
        report.verdicts(),
        report.notes(),
        report.leftOut());
  }

  private static GpuRow.Outcome withoutTimes(GpuRow.Outcome outcome) {
    return new GpuRow.Outcome(
        outcome.contender(), List.of(), outcome.peakBytes(), outcome.distance(), outcome.failure());
  }

  private static void text(Path file, String text) throws IOException {
    AtomicFile.write(file, stream -> stream.write(text.getBytes(StandardCharsets.UTF_8)));
  }
}
