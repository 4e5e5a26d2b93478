package dev.sluice.bench;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import java.util.List;

/**
 * All that one run found.
 *
 * @param format of the file, {@link #FORMAT}
 * @param version of Sluice and, from a git checkout, its commit
 * @param date when it began, ISO 8601 with offset
 * @param machine on which
 * @param device name and description of the backend
 * @param notes what a reader must know of these figures, for example that the machine was busy
 * @param fma ceilings for arithmetic
 * @param reads ceilings for memory
 * @param rows results
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record Report(
    int format,
    String version,
    String date,
    Machine machine,
    String device,
    List<String> notes,
    List<Ceilings.Fma> fma,
    List<Ceilings.Read> reads,
    List<Row> rows) {
  static final int FORMAT = 1;
}
