package dev.sluice.backend.simd;

import dev.sluice.backend.Checks;
import dev.sluice.backend.EmbeddingOps;
import dev.sluice.backend.Tensor;
import java.util.Arrays;

/**
 * Table look-up. In the backward pass members own columns of the table, and where the columns are
 * too few they own ids too: each element is added to by one member, which walks all rows in order.
 */
final class SimdEmbeddingOps implements EmbeddingOps {
  /** Columns of a member at the least: four cache lines, so that a row is read in one go. */
  private static final int COLUMNS = 64;

  private final ThreadTeam team;
  private final Lookup lookup;
  private final Scatter scatter = new Scatter();

  // The running operation, read by all members.
  private float[] table;
  private int fromTable;
  private int[] ids;
  private int fromIds;
  private float[] rows;
  private int fromRows;
  private int columns;
  private int count;

  SimdEmbeddingOps(ThreadTeam team) {
    this.team = team;
    this.lookup = new Lookup(team);
  }

  @Override
  public void forward(Tensor table, Tensor ids, Tensor output) {
    Checks.embedding(table, ids, output);
    set(ArrayTensor.of(table), ArrayTensor.of(ids), ArrayTensor.of(output));
    lookup.share(count, 1, output.shape().size(), WorkPerThread.SIMPLE);
  }

  @Override
  public void backward(Tensor dOutput, Tensor ids, Tensor dTable) {
    Checks.embedding(dTable, ids, dOutput);
    set(ArrayTensor.of(dTable), ArrayTensor.of(ids), ArrayTensor.of(dOutput));
    long work = dOutput.shape().size() / WorkPerThread.SIMPLE;
    team.run(Math.clamp(work, 1, team.size()), scatter);
  }

  private void set(ArrayTensor table, ArrayTensor ids, ArrayTensor rows) {
    this.table = table.floats;
    fromTable = table.offset;
    this.ids = ids.ints;
    fromIds = ids.offset;
    this.rows = rows.floats;
    fromRows = rows.offset;
    columns = table.shape().columns();
    count = ids.size();
    int vocabulary = table.shape().dim(0);
    for (int n = 0; n < count; n++) {
      if (ids.ints[fromIds + n] >= vocabulary) {
        throw new IllegalArgumentException(
            "embedding: ids[%d] is %d but must be below %d"
                .formatted(n, ids.ints[fromIds + n], vocabulary));
      }
    }
  }

  private final class Lookup extends RangeJob {
    Lookup(ThreadTeam team) {
      super(team);
    }

    @Override
    void range(int from, int to, int part) {
      for (int n = from; n < to; n++) {
        int id = ids[fromIds + n];
        int at = fromRows + n * columns;
        if (id < 0) {
          Arrays.fill(rows, at, at + columns, 0);
        } else {
          System.arraycopy(table, fromTable + id * columns, rows, at, columns);
        }
      }
    }
  }

  private final class Scatter implements ThreadTeam.Job {
    @Override
    public void run(int part, int parts) {
      int columnParts = Math.clamp(columns / COLUMNS, 1, parts);
      int idParts = parts / columnParts;
      int columnPart = part % columnParts;
      int idPart = part / columnParts;
      if (idPart >= idParts) {
        return; // the members do not divide evenly
      }
      int from = cut(columnPart, columnParts);
      int to = cut(columnPart + 1, columnParts);
      for (int n = 0; n < count; n++) {
        int id = ids[fromIds + n];
        if (id >= 0 && id % idParts == idPart) {
          ElementKernels.add(
              1,
              rows,
              fromRows + n * columns + from,
              table,
              fromTable + id * columns + from,
              to - from);
        }
      }
    }

    /** First column of a part: a multiple of 16, so that narrow parts have no scalar tails. */
    private int cut(int part, int parts) {
      return part == parts ? columns : (int) ((long) columns * part / parts) & -RowKernels.SUMS;
    }
  }
}
