package dev.sluice.backend.reference;

/**
 * GRU (Cho et al. 2014) with the reset gate after the recurrent product; gates r, z, n.
 *
 * <pre>
 *   r = σ(Wr x + br + Rr h + dr)        z = σ(Wz x + bz + Rz h + dz)
 *   s = Rn h + dn                       n = tanh(Wn x + bn + r ∘ s)
 *   h' = (1 - z) ∘ n + z ∘ h
 * </pre>
 *
 * Backward, with δa the gradient of gate a before its activation:
 *
 * <pre>
 *   δn = dh' ∘ (1 - z) ∘ (1 - n²)       ds = δn ∘ r
 *   δr = δn ∘ s ∘ r ∘ (1 - r)           δz = dh' ∘ (h - n) ∘ z ∘ (1 - z)
 *   dx = Σ_a Wa^T δa                    dh = dh' ∘ z + Rr^T δr + Rz^T δz + Rn^T ds
 * </pre>
 */
record GruCell(int hiddenSize, CellFunctions functions) implements ReferenceCell {
  @Override
  public int saved() {
    return 4;
  }

  @Override
  public void forward(CellWeights weights, CellStep step) {
    for (int j = 0; j < hiddenSize; j++) {
      int rowZ = hiddenSize + j;
      int rowN = 2 * hiddenSize + j;
      double r = functions.sigmoid(weights.input(j, step.x) + weights.recurrent(j, step.h));
      double z = functions.sigmoid(weights.input(rowZ, step.x) + weights.recurrent(rowZ, step.h));
      double s = weights.recurrent(rowN, step.h);
      double n = functions.tanh(weights.input(rowN, step.x) + r * s);
      step.nextH[j] = (1 - z) * n + z * step.h[j];
      step.saved[j] = r;
      step.saved[rowZ] = z;
      step.saved[rowN] = n;
      step.saved[3 * hiddenSize + j] = s;
    }
  }

  @Override
  public void backward(CellWeights weights, CellStep step, CellGradients gradients) {
    CellWeights dWeights = gradients.weights();
    for (int j = 0; j < hiddenSize; j++) {
      int rowZ = hiddenSize + j;
      int rowN = 2 * hiddenSize + j;
      double r = step.saved[j];
      double z = step.saved[rowZ];
      double n = step.saved[rowN];
      double s = step.saved[3 * hiddenSize + j];
      double dNextH = gradients.nextH()[j];
      double slopeN = dNextH * (1 - z) * (1 - n * n);
      double slopeR = slopeN * s * r * (1 - r);
      double slopeZ = dNextH * (step.h[j] - n) * z * (1 - z);
      gradients.h()[j] += dNextH * z;
      weights.inputBackward(j, slopeR, step.x, dWeights, gradients.x());
      weights.recurrentBackward(j, slopeR, step.h, dWeights, gradients.h());
      weights.inputBackward(rowZ, slopeZ, step.x, dWeights, gradients.x());
      weights.recurrentBackward(rowZ, slopeZ, step.h, dWeights, gradients.h());
      weights.inputBackward(rowN, slopeN, step.x, dWeights, gradients.x());
      weights.recurrentBackward(rowN, slopeN * r, step.h, dWeights, gradients.h());
    }
  }
}
