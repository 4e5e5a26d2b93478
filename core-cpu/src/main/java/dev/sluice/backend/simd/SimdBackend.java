package dev.sluice.backend.simd;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.DropoutOps;
import dev.sluice.backend.ElementOps;
import dev.sluice.backend.EmbeddingOps;
import dev.sluice.backend.LayerNormOps;
import dev.sluice.backend.LossOps;
import dev.sluice.backend.MatrixOps;
import dev.sluice.backend.OptimizerOps;
import dev.sluice.backend.RecurrentOps;
import dev.sluice.backend.Shape;
import java.util.function.LongConsumer;

/** The contract on Java arrays, with the Vector API and a team of threads. */
final class SimdBackend implements Backend {
  private final ThreadTeam team;
  private final MatrixOps matrix;
  private final EmbeddingOps embedding;
  private final RecurrentOps recurrent;
  private final ElementOps elements;
  private final LayerNormOps layerNorm;
  private final DropoutOps dropout;
  private final LossOps losses;
  private final OptimizerOps optimizers;
  private final LongConsumer allocated = this::account;
  private long bytes;

  /**
   * @param threads members of the team, at least 1
   */
  SimdBackend(int threads) {
    team = new ThreadTeam(threads);
    matrix = new SimdMatrixOps(team);
    embedding = new SimdEmbeddingOps(team);
    elements = new SimdElementOps(team);
    layerNorm = new SimdLayerNormOps(team);
    dropout = new SimdDropoutOps(team);
    losses = new SimdLossOps(team);
    optimizers = new SimdOptimizerOps(team);
    recurrent = new SimdRecurrentOps(team, dropout, allocated);
  }

  private void account(long change) {
    bytes += change;
  }

  @Override
  public String name() {
    return "simd";
  }

  @Override
  public String description() {
    return description(team.size());
  }

  /** What such a backend runs on, for people. */
  static String description(int threads) {
    boolean intel = System.getProperty("os.arch").equals("amd64");
    String instructions =
        switch (Lanes.bits()) {
          case 512 -> intel ? " (AVX-512)" : "";
          case 256 -> intel ? " (AVX2)" : "";
          default -> "";
        };
    return "%d %s, %d-bit vectors%s"
        .formatted(threads, threads == 1 ? "thread" : "threads", Lanes.bits(), instructions);
  }

  @Override
  public ArrayTensor allocate(DType type, Shape shape) {
    return ArrayTensor.allocate(type, shape, allocated);
  }

  @Override
  public MatrixOps matrix() {
    return matrix;
  }

  @Override
  public EmbeddingOps embedding() {
    return embedding;
  }

  @Override
  public RecurrentOps recurrent() {
    return recurrent;
  }

  @Override
  public ElementOps elements() {
    return elements;
  }

  @Override
  public LayerNormOps layerNorm() {
    return layerNorm;
  }

  @Override
  public DropoutOps dropout() {
    return dropout;
  }

  @Override
  public LossOps losses() {
    return losses;
  }

  @Override
  public OptimizerOps optimizers() {
    return optimizers;
  }

  /** {@inheritDoc} Buffers that operations keep for the next call are not among them. */
  @Override
  public long allocatedBytes() {
    return bytes;
  }

  /** Does nothing: every call has finished when it returns. */
  @Override
  public void finish() {}

  /** Ends the threads; the arrays are left to the garbage collector. */
  @Override
  public void close() {
    team.close();
    bytes = 0;
  }
}
