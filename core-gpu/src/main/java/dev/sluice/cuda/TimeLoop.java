package dev.sluice.cuda;

/**
 * Runs one direction of one layer over a chunk of its steps, once the gates hold the product with
 * the input: what differs between the paths. What a loop finds and leaves in a {@link LayerPass} is
 * the same in all of them, so that any backward can follow any forward.
 */
interface TimeLoop {
  /**
   * Enqueues the steps from..to-1, in the order of the direction, forwards.
   *
   * @param from the first chunk begins with the pass's state, others where the last one ended
   */
  void forward(LayerPass pass, int from, int to);

  /**
   * Enqueues the same steps backwards.
   *
   * @param stateWanted whether the gradient of h before the first step of all is wanted
   */
  void backward(LayerPass pass, int from, int to, boolean stateWanted);
}
