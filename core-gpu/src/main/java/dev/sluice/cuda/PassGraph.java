package dev.sluice.cuda;

import static dev.sluice.cuda.CudaCallException.check;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * Records a pass, which may be thousands of launches, as a CUDA graph and replays it: then a pass
 * is one call. A graph holds addresses, so it serves calls with the very same arguments only. The
 * first call with some arguments runs directly, which also lets lazy preparations happen; the
 * second is recorded. Within a recording of the caller's own, passes just add to that.
 */
final class PassGraph implements AutoCloseable {
  /** Enough for a training window's two alternating states; the oldest makes room. */
  private static final int MOST = 8;

  private final CudaRuntime runtime;
  private final Runnable pass;
  private final List<Entry> entries = new ArrayList<>();

  private static final class Entry {
    private final long[] key;
    private CUgraphExec executable;

    Entry(long[] key) {
      this.key = key;
    }
  }

  /**
   * A recorder.
   *
   * @param pass enqueues the work into the runtime's lane
   */
  PassGraph(CudaRuntime runtime, Runnable pass) {
    this.runtime = runtime;
    this.pass = pass;
  }

  /**
   * Enqueues the pass.
   *
   * @param key all that the pass depends on; copied
   */
  void run(long[] key) {
    runtime.device().enter();
    if (runtime.lane().isCapturing()) {
      pass.run();
      return;
    }
    Entry entry = find(key);
    if (entry == null) {
      if (entries.size() == MOST) {
        destroy(entries.removeFirst());
      }
      entries.add(new Entry(key.clone()));
      pass.run();
      return;
    }
    if (entry.executable == null) {
      entry.executable = record();
    }
    check(
        JCudaDriver.cuGraphLaunch(entry.executable, runtime.lane().stream()),
        "cuGraphLaunch",
        runtime.device());
  }

  private Entry find(long[] key) {
    for (int i = 0; i < entries.size(); i++) {
      if (Arrays.equals(entries.get(i).key, key)) {
        return entries.get(i);
      }
    }
    return null;
  }

  private CUgraphExec record() {
    CUgraph graph = new CUgraph();
    check(
        JCudaDriver.cuStreamBeginCapture(
            runtime.lane().stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "cuStreamBeginCapture",
        runtime.device());
    try {
      pass.run();
    } catch (RuntimeException e) {
      JCudaDriver.cuStreamEndCapture(runtime.lane().stream(), graph);
      throw e;
    }
    check(
        JCudaDriver.cuStreamEndCapture(runtime.lane().stream(), graph),
        "cuStreamEndCapture",
        runtime.device());
    CUgraphExec executable = new CUgraphExec();
    check(
        JCudaDriver.cuGraphInstantiate(executable, graph, 0),
        "cuGraphInstantiate",
        runtime.device());
    check(JCudaDriver.cuGraphDestroy(graph), "cuGraphDestroy", runtime.device());
    return executable;
  }

  private void destroy(Entry entry) {
    if (entry.executable != null) {
      runtime.lane().finish(); // it may still be running
      check(
          JCudaDriver.cuGraphExecDestroy(entry.executable), "cuGraphExecDestroy", runtime.device());
    }
  }

  @Override
  public void close() {
    entries.forEach(this::destroy);
    entries.clear();
  }
}
