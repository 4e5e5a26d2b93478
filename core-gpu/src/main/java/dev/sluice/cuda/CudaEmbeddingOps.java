package dev.sluice.cuda;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.EmbeddingOps;
import dev.sluice.backend.Tensor;

/** Table look-up; its gradient sorts the ids so that no atomics are needed. */
final class CudaEmbeddingOps implements EmbeddingOps {
  private static final int TILE = 1024;

  private final CudaRuntime runtime;
  private final TypedKernel forward;
  private final TypedKernel backward;
  private final Kernel widening;
  private final Kernel sort;
  private final Kernel merge;

  CudaEmbeddingOps(CudaRuntime runtime) {
    this.runtime = runtime;
    forward = TypedKernel.of(runtime, "embedding_forward");
    backward = TypedKernel.of(runtime, "embedding_backward");
    widening = runtime.kernel("sluice_embedding_forward_f32_bf16");
    sort = runtime.kernel("sluice_sort_tiles");
    merge = runtime.kernel("sluice_merge_tiles");
  }

  @Override
  public void forward(Tensor table, Tensor ids, Tensor output) {
    Checks.embedding(table, ids, output);
    CudaTensor from = runtime.own(table);
    CudaTensor to = runtime.own(output);
    boolean mixed = from.type() == DType.FLOAT32 && to.type() == DType.BFLOAT16;
    Kernel kernel = mixed ? widening : forward.of("embedding", from, to);
    int vocabulary = from.shape().dim(0);
    long rows = ids.shape().size();
    runtime
        .begin(kernel)
        .pointer(from.address())
        .pointer(runtime.own(ids).address())
        .pointer(to.address())
        .pointer(runtime.faults().embedding())
        .count(rows)
        .integer(from.shape().columns())
        .integer(vocabulary)
        .launch(runtime.lane(), Grid.warps(rows));
  }

  @Override
  public void backward(Tensor dOutput, Tensor ids, Tensor dTable) {
    Checks.embedding(dTable, ids, dOutput);
    CudaTensor gradient = runtime.own(dOutput);
    CudaTensor total = runtime.own(dTable);
    if (total.type() != DType.FLOAT32) {
      throw new IllegalArgumentException(
          "embedding: the table's gradient must be FLOAT32, not " + total.type());
    }
    long rows = ids.shape().size();
    int columns = total.shape().columns();
    long tiles = Grid.divide(rows, TILE);
    long keys = runtime.scratch().take((tiles * TILE + rows) * Long.BYTES);
    long sorted = keys + tiles * TILE * Long.BYTES;
    runtime
        .begin(sort)
        .pointer(runtime.own(ids).address())
        .pointer(keys)
        .count(rows)
        .launch(runtime.lane(), tiles);
    runtime
        .begin(merge)
        .pointer(keys)
        .pointer(sorted)
        .count(rows)
        .launch(runtime.lane(), Grid.threads(rows));
    runtime
        .begin(backward.of(gradient.type()))
        .pointer(gradient.address())
        .pointer(sorted)
        .pointer(total.address())
        .count(rows)
        .integer(columns)
        .integer(total.shape().dim(0))
        .launch(
            runtime.lane(), Grid.warps(rows), ColumnSums.columnBlocks(gradient.type(), columns));
  }
}
