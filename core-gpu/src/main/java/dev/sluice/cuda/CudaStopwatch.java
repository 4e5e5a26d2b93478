package dev.sluice.cuda;

import static dev.sluice.cuda.CudaCallException.check;

import dev.sluice.backend.Stopwatch;
import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUevent;
import jcuda.driver.CUevent_flags;
import jcuda.driver.JCudaDriver;

/** A stopwatch of events in the stream: the device notes the time when it gets to each. */
final class CudaStopwatch implements Stopwatch {
  private static final double MILLISECOND = 1e6;

  private final CudaRuntime runtime;
  private final List<CUevent> events = new ArrayList<>();
  private int marks;

  CudaStopwatch(CudaRuntime runtime) {
    this.runtime = runtime;
  }

  @Override
  public void mark() {
    runtime.device().enter();
    if (marks == events.size()) {
      CUevent event = new CUevent();
      check(
          JCudaDriver.cuEventCreate(event, CUevent_flags.CU_EVENT_DEFAULT),
          "cuEventCreate",
          runtime.device());
      events.add(event);
    }
    check(
        JCudaDriver.cuEventRecord(events.get(marks), runtime.lane().stream()),
        "cuEventRecord",
        runtime.device());
    marks++;
  }

  @Override
  public long[] laps() {
    if (marks == 0) {
      throw new IllegalStateException("stopwatch: there is no mark");
    }
    runtime.finish();
    long[] laps = new long[marks - 1];
    float[] milliseconds = new float[1];
    for (int i = 0; i < laps.length; i++) {
      check(
          JCudaDriver.cuEventElapsedTime(milliseconds, events.get(i), events.get(i + 1)),
          "cuEventElapsedTime",
          runtime.device());
      laps[i] = Math.round(milliseconds[0] * MILLISECOND);
    }
    marks = 0;
    return laps;
  }

  @Override
  public void close() {
    if (events.isEmpty()) {
      return;
    }
    runtime.device().enter();
    for (CUevent event : events) {
      check(JCudaDriver.cuEventDestroy(event), "cuEventDestroy", runtime.device());
    }
    events.clear();
    marks = 0;
  }
}
