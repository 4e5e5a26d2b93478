package dev.sluice.backend.reference;

import dev.sluice.backend.Checks;
import dev.sluice.backend.EmbeddingOps;
import dev.sluice.backend.Tensor;

/**
 * Table look-up:
 *
 * <pre>
 *   output[n, e] = table[ids[n], e], or 0 when ids[n] is negative
 *   dTable[v, e] += Σ over the n with ids[n] = v of dOutput[n, e]
 * </pre>
 */
final class ReferenceEmbedding implements EmbeddingOps {
  @Override
  public void forward(Tensor table, Tensor ids, Tensor output) {
    Checks.embedding(table, ids, output);
    ReferenceTensor rows = ReferenceTensor.of(table);
    ReferenceTensor index = ReferenceTensor.of(ids);
    ReferenceTensor result = ReferenceTensor.of(output);
    requireKnown(index, table.shape().dim(0));
    int columns = table.shape().columns();
    for (int n = 0; n < index.size(); n++) {
      int id = index.getInt(n);
      for (int e = 0; e < columns; e++) {
        result.set(n * columns + e, id < 0 ? 0 : rows.get(id * columns + e));
      }
    }
  }

  @Override
  public void backward(Tensor dOutput, Tensor ids, Tensor dTable) {
    Checks.embedding(dTable, ids, dOutput);
    ReferenceTensor gradient = ReferenceTensor.of(dOutput);
    ReferenceTensor index = ReferenceTensor.of(ids);
    ReferenceTensor rows = ReferenceTensor.of(dTable);
    requireKnown(index, dTable.shape().dim(0));
    int columns = dTable.shape().columns();
    for (int n = 0; n < index.size(); n++) {
      int id = index.getInt(n);
      for (int e = 0; id >= 0 && e < columns; e++) {
        rows.add(id * columns + e, gradient.get(n * columns + e));
      }
    }
  }

  private static void requireKnown(ReferenceTensor ids, int vocabulary) {
    for (int n = 0; n < ids.size(); n++) {
      if (ids.getInt(n) >= vocabulary) {
        throw new IllegalArgumentException(
            "embedding: ids[%d] is %d but must be below %d"
                .formatted(n, ids.getInt(n), vocabulary));
      }
    }
  }
}
