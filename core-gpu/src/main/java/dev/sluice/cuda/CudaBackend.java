package dev.sluice.cuda;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.DeviceMemoryUse;
import dev.sluice.backend.DropoutOps;
import dev.sluice.backend.ElementOps;
import dev.sluice.backend.EmbeddingOps;
import dev.sluice.backend.LayerNormOps;
import dev.sluice.backend.LossOps;
import dev.sluice.backend.MatrixOps;
import dev.sluice.backend.OptimizerOps;
import dev.sluice.backend.Precision;
import dev.sluice.backend.RecurrentOps;
import dev.sluice.backend.Replay;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.Locale;
import java.util.Optional;

/** The contract on an NVIDIA GPU: cuBLAS and own kernels, enqueued; only a download waits. */
final class CudaBackend implements Backend {
  private final CudaRuntime runtime;
  private final String kernelSource;
  private final MatrixOps matrix;
  private final EmbeddingOps embedding;
  private final RecurrentOps recurrent;
  private final ElementOps elements;
  private final LayerNormOps layerNorm;
  private final DropoutOps dropout;
  private final LossOps losses;
  private final OptimizerOps optimizers;

  /**
   * A backend over an opened device, which it closes.
   *
   * @param kernelSource for people: where the kernels came from
   */
  CudaBackend(CudaRuntime runtime, String kernelSource) {
    this.runtime = runtime;
    this.kernelSource = kernelSource;
    ColumnSums columnSums = new ColumnSums(runtime);
    CudaDropoutOps drops = new CudaDropoutOps(runtime);
    Casts casts = new Casts(runtime);
    matrix = new CudaMatrixOps(runtime, casts);
    embedding = new CudaEmbeddingOps(runtime);
    elements = new CudaElementOps(runtime, columnSums);
    layerNorm = new CudaLayerNormOps(runtime, columnSums);
    dropout = drops;
    losses = new CudaLossOps(runtime);
    optimizers = new CudaOptimizerOps(runtime);
    recurrent = new CudaRecurrentOps(runtime, drops, casts);
  }

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public String description() {
    DriverProbe.Gpu gpu = runtime.device().gpu();
    return "GPU %d: %s, %s, compute capability %d.%d, %s, kernels from %s"
        .formatted(
            gpu.index(),
            gpu.name(),
            Bytes.text(gpu.memoryBytes()),
            gpu.capability() / 10,
            gpu.capability() % 10,
            runtime.precision().name().toLowerCase(Locale.ROOT)
                + (runtime.storage().recompute() ? ", gates computed again" : "")
                + runtime.paths().forced(),
            kernelSource);
  }

  @Override
  public Precision precision() {
    return runtime.precision();
  }

  @Override
  public Tensor allocate(DType type, Shape shape) {
    return runtime.allocate(type, shape);
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

  @Override
  public Replay replay(Runnable work) {
    return new CudaReplay(runtime, work);
  }

  /** Tensors and plans, and the working memory that operations took for them. */
  @Override
  public long allocatedBytes() {
    return runtime.usedBytes();
  }

  @Override
  public Optional<DeviceMemoryUse> deviceMemory() {
    return Optional.of(runtime.memory().use(runtime.ownBytes()));
  }

  @Override
  public void finish() {
    runtime.finish();
  }

  @Override
  public void close() {
    runtime.close();
  }
}
