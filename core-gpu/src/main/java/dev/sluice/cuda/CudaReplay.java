package dev.sluice.cuda;

import dev.sluice.backend.Replay;

/**
 * Repeats work as one graph: the first run is direct, which lets lazy preparations happen; the
 * second is recorded; all later ones replay the recording, in one launch. Plans within it add to the
 * recording rather than making their own.
 */
final class CudaReplay implements Replay {
  private final CudaRuntime runtime;
  private final Runnable work;
  private boolean prepared;
  private boolean closed;
  private RecordedGraph graph;

  CudaReplay(CudaRuntime runtime, Runnable work) {
    this.runtime = runtime;
    this.work = work;
  }

  @Override
  public void run() {
    if (closed) {
      throw new IllegalStateException("replay: it is closed");
    }
    runtime.device().enter();
    if (runtime.lane().isCapturing()) { // part of a larger one
      work.run();
      return;
    }
    if (!prepared) {
      runtime.withoutRecording(work);
      prepared = true;
      return;
    }
    if (graph == null) {
      graph = RecordedGraph.of(runtime, work);
    }
    runtime.faults().expect();
    graph.launch();
  }

  @Override
  public void close() {
    closed = true;
    if (graph != null) {
      graph.close();
      graph = null;
    }
  }
}
