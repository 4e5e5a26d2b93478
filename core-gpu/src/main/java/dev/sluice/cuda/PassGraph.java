package dev.sluice.cuda;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

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
    private RecordedGraph graph;

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
    if (!runtime.mayRecord()) {
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
    if (entry.graph == null) {
      entry.graph = RecordedGraph.of(runtime, pass);
    }
    runtime.faults().expect();
    entry.graph.launch();
  }

  private Entry find(long[] key) {
    for (int i = 0; i < entries.size(); i++) {
      if (Arrays.equals(entries.get(i).key, key)) {
        return entries.get(i);
      }
    }
    return null;
  }

  private void destroy(Entry entry) {
    if (entry.graph != null) {
      entry.graph.close();
    }
  }

  @Override
  public void close() {
    entries.forEach(this::destroy);
    entries.clear();
  }
}
