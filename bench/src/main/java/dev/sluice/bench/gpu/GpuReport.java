package dev.sluice.bench.gpu;

import java.util.List;

/**
 * All that one run found, as it is written as JSON; times in nanoseconds.
 *
 * @param format of the file, {@link #FORMAT}
 * @param version of Sluice
 * @param date when it began, ISO 8601
 * @param standIn whether there was no GPU but the stand-in driver, whose times mean nothing: there
 *     are none here then
 * @param device as Sluice describes it
 * @param driver version of NVIDIA's driver; empty when not known
 * @param pytorch name=value of what PyTorch ran on; empty when it was not there
 * @param ceilings of the device; null when they were not measured
 * @param rows results
 * @param verdicts on the targets
 * @param notes what a reader must know
 * @param leftOut works for which there was no time
 */
record GpuReport(
    int format,
    String version,
    String date,
    boolean standIn,
    String device,
    String driver,
    List<String> pytorch,
    DeviceCeilings ceilings,
    List<GpuRow> rows,
    List<GpuTargets.Verdict> verdicts,
    List<String> notes,
    List<String> leftOut) {
  static final int FORMAT = 1;
}
