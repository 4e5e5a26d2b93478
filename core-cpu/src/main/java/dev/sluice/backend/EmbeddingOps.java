package dev.sluice.backend;

/** Table look-up and its gradient. */
public interface EmbeddingOps {
  /**
   * output[n] = table[ids[n]]; a negative id gives a row of zeros.
   *
   * @param table [V, E]
   * @param ids INT32, N entries in any shape, each below V
   * @param output [..., E] with N rows
   * @throws IllegalArgumentException when a shape does not fit, or an id is V or more (backends on
   *     which ids live on the device may report that at the next download)
   */
  void forward(Tensor table, Tensor ids, Tensor output);

  /**
   * dTable[ids[n]] += dOutput[n], the rows of one id added in the order of n: no atomics, so the same
   * bits each time. Negative ids add nothing.
   *
   * @param dOutput [..., E] with N rows
   * @param ids as in {@link #forward}
   * @param dTable [V, E]; added to
   */
  void backward(Tensor dOutput, Tensor ids, Tensor dTable);
}
