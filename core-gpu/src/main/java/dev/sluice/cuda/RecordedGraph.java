package dev.sluice.cuda;

import static dev.sluice.cuda.CudaCallException.check;

import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstreamCaptureMode;
import jcuda.driver.JCudaDriver;

/**
 * Work recorded as a CUDA graph: thousands of launches become one call. It holds addresses, so it
 * repeats the work on the very same memory.
 */
final class RecordedGraph implements AutoCloseable {
  private final CudaRuntime runtime;
  private final CUgraphExec executable;

  private RecordedGraph(CudaRuntime runtime, CUgraphExec executable) {
    this.runtime = runtime;
    this.executable = executable;
  }

  /**
   * Records work without running it.
   *
   * @param work enqueues into the runtime's lanes; it must have run before, so that nothing in it is
   *     allocated or prepared for the first time
   */
  static RecordedGraph of(CudaRuntime runtime, Runnable work) {
    CUgraph graph = new CUgraph();
    check(
        JCudaDriver.cuStreamBeginCapture(
            runtime.lane().stream(), CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
        "cuStreamBeginCapture",
        runtime.device());
    try {
      work.run();
    } catch (RuntimeException e) {
      if (JCudaDriver.cuStreamEndCapture(runtime.lane().stream(), graph) == 0) {
        JCudaDriver.cuGraphDestroy(graph);
      }
      throw e;
    }
    check(
        JCudaDriver.cuStreamEndCapture(runtime.lane().stream(), graph),
        "cuStreamEndCapture",
        runtime.device());
    CUgraphExec executable = new CUgraphExec();
    int code = JCudaDriver.cuGraphInstantiate(executable, graph, 0);
    check(JCudaDriver.cuGraphDestroy(graph), "cuGraphDestroy", runtime.device());
    runtime.memory().requireFit(!CudaCallException.isOutOfMemory(code), "the graph of a pass");
    check(code, "cuGraphInstantiate", runtime.device());
    return new RecordedGraph(runtime, executable);
  }

  /** Enqueues the work into the runtime's lane. */
  void launch() {
    check(
        JCudaDriver.cuGraphLaunch(executable, runtime.lane().stream()),
        "cuGraphLaunch",
        runtime.device());
  }

  /** Waits until it no longer runs, and frees it. */
  @Override
  public void close() {
    runtime.lane().finish();
    check(JCudaDriver.cuGraphExecDestroy(executable), "cuGraphExecDestroy", runtime.device());
  }
}
