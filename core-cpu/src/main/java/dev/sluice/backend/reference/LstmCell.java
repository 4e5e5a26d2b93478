package dev.sluice.backend.reference;

/**
 * LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000); gates i, f, g, o.
 *
 * <pre>
 *   i = σ(Wi x + bi + Ri h + di)        f = σ(Wf x + bf + Rf h + df)
 *   g = tanh(Wg x + bg + Rg h + dg)     o = σ(Wo x + bo + Ro h + do)
 *   c' = f ∘ c + i ∘ g                  h' = o ∘ tanh(c')
 * </pre>
 *
 * Backward, with δa the gradient of gate a before its activation:
 *
 * <pre>
 *   e  = dc' + dh' ∘ o ∘ (1 - tanh²(c'))
 *   δi = e ∘ g ∘ i ∘ (1 - i)            δf = e ∘ c ∘ f ∘ (1 - f)
 *   δg = e ∘ i ∘ (1 - g²)               δo = dh' ∘ tanh(c') ∘ o ∘ (1 - o)
 *   dc = e ∘ f     dx = Σ_a Wa^T δa     dh = Σ_a Ra^T δa     dWa = δa x^T     dRa = δa h^T
 * </pre>
 */
record LstmCell(int hiddenSize, CellFunctions functions) implements ReferenceCell {
  @Override
  public int saved() {
    return 4;
  }

  @Override
  public void forward(CellWeights weights, CellStep step) {
    for (int j = 0; j < hiddenSize; j++) {
      double i = functions.sigmoid(sum(weights, step, 0, j));
      double f = functions.sigmoid(sum(weights, step, 1, j));
      double g = functions.tanh(sum(weights, step, 2, j));
      double o = functions.sigmoid(sum(weights, step, 3, j));
      step.nextC[j] = f * step.c[j] + i * g;
      step.nextH[j] = o * functions.tanh(step.nextC[j]);
      step.saved[j] = i;
      step.saved[hiddenSize + j] = f;
      step.saved[2 * hiddenSize + j] = g;
      step.saved[3 * hiddenSize + j] = o;
    }
  }

  @Override
  public void backward(CellWeights weights, CellStep step, CellGradients gradients) {
    for (int j = 0; j < hiddenSize; j++) {
      double i = step.saved[j];
      double f = step.saved[hiddenSize + j];
      double g = step.saved[2 * hiddenSize + j];
      double o = step.saved[3 * hiddenSize + j];
      double squashed = functions.tanh(step.nextC[j]);
      double dNextH = gradients.nextH()[j];
      double e = gradients.nextC()[j] + dNextH * o * (1 - squashed * squashed);
      gradients.c()[j] += e * f;
      sumBackward(weights, step, gradients, 0, j, e * g * i * (1 - i));
      sumBackward(weights, step, gradients, 1, j, e * step.c[j] * f * (1 - f));
      sumBackward(weights, step, gradients, 2, j, e * i * (1 - g * g));
      sumBackward(weights, step, gradients, 3, j, dNextH * squashed * o * (1 - o));
    }
  }

  private double sum(CellWeights weights, CellStep step, int gate, int unit) {
    int row = gate * hiddenSize + unit;
    return weights.input(row, step.x) + weights.recurrent(row, step.h);
  }

  private void sumBackward(
      CellWeights weights,
      CellStep step,
      CellGradients gradients,
      int gate,
      int unit,
      double slope) {
    int row = gate * hiddenSize + unit;
    weights.inputBackward(row, slope, step.x, gradients.weights(), gradients.x());
    weights.recurrentBackward(row, slope, step.h, gradients.weights(), gradients.h());
  }
}
