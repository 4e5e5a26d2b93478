package dev.sluice.backend.reference;

/**
 * Simple recurrent network (Elman 1990):
 *
 * <pre>
 *   a = W x + b + R h + d     h' = tanh(a), or max(0, a)
 *   δ = dh' ∘ (1 - h'²), or dh' where h' &gt; 0, else 0
 *   dx = W^T δ                dh = R^T δ
 * </pre>
 *
 * @param relu max(0, ·) rather than tanh
 */
record RnnCell(int hiddenSize, CellFunctions functions, boolean relu) implements ReferenceCell {
  /** Its own result is all that backward needs. */
  @Override
  public int saved() {
    return 0;
  }

  @Override
  public void forward(CellWeights weights, CellStep step) {
    for (int j = 0; j < hiddenSize; j++) {
      double a = weights.input(j, step.x) + weights.recurrent(j, step.h);
      step.nextH[j] = relu ? Math.max(0, a) : functions.tanh(a);
    }
  }

  @Override
  public void backward(CellWeights weights, CellStep step, CellGradients gradients) {
    for (int j = 0; j < hiddenSize; j++) {
      double y = step.nextH[j];
      double derivative = relu ? (y > 0 ? 1 : 0) : 1 - y * y;
      double slope = gradients.nextH()[j] * derivative;
      weights.inputBackward(j, slope, step.x, gradients.weights(), gradients.x());
      weights.recurrentBackward(j, slope, step.h, gradients.weights(), gradients.h());
    }
  }
}
