package dev.sluice.backend.reference;

import java.util.Arrays;

/**
 * GRU (Cho et al. 2014) with the reset gate before the recurrent product; gates r, z, n.
 *
 * <pre>
 *   r = σ(Wr x + br + Rr h + dr)        z = σ(Wz x + bz + Rz h + dz)
 *   q = r ∘ h                           n = tanh(Wn x + bn + Rn q + dn)
 *   h' = (1 - z) ∘ n + z ∘ h
 * </pre>
 *
 * Backward, with δa the gradient of gate a before its activation:
 *
 * <pre>
 *   δn = dh' ∘ (1 - z) ∘ (1 - n²)       dq = Rn^T δn
 *   δr = dq ∘ h ∘ r ∘ (1 - r)           δz = dh' ∘ (h - n) ∘ z ∘ (1 - z)
 *   dx = Σ_a Wa^T δa                    dh = dh' ∘ z + Rr^T δr + Rz^T δz + dq ∘ r
 * </pre>
 */
record GruResetBeforeCell(int hiddenSize, CellFunctions functions) implements ReferenceCell {
  @Override
  public int saved() {
    return 4;
  }

  @Override
  public void forward(CellWeights weights, CellStep step) {
    for (int j = 0; j < hiddenSize; j++) {
      int rowZ = hiddenSize + j;
      step.saved[j] = functions.sigmoid(weights.input(j, step.x) + weights.recurrent(j, step.h));
      step.saved[rowZ] =
          functions.kept(
              functions.sigmoid(weights.input(rowZ, step.x) + weights.recurrent(rowZ, step.h)));
    }
    for (int j = 0; j < hiddenSize; j++) {
      step.saved[3 * hiddenSize + j] = step.saved[j] * step.h[j];
    }
    double[] q = resetState(step);
    for (int j = 0; j < hiddenSize; j++) {
      int rowN = 2 * hiddenSize + j;
      double z = step.saved[hiddenSize + j];
      double n = functions.tanh(weights.input(rowN, step.x) + weights.recurrent(rowN, q));
      step.saved[rowN] = n;
      step.nextH[j] = (1 - z) * n + z * step.h[j];
    }
  }

  @Override
  public void backward(CellWeights weights, CellStep step, CellGradients gradients) {
    CellWeights dWeights = gradients.weights();
    double[] q = resetState(step);
    double[] dQ = new double[hiddenSize];
    for (int j = 0; j < hiddenSize; j++) {
      int rowN = 2 * hiddenSize + j;
      double z = step.saved[hiddenSize + j];
      double n = step.saved[rowN];
      double slopeN = gradients.nextH()[j] * (1 - z) * (1 - n * n);
      weights.inputBackward(rowN, slopeN, step.x, dWeights, gradients.x());
      weights.recurrentBackward(rowN, slopeN, q, dWeights, dQ);
    }
    for (int j = 0; j < hiddenSize; j++) {
      int rowZ = hiddenSize + j;
      double r = step.saved[j];
      double z = step.saved[rowZ];
      double n = step.saved[2 * hiddenSize + j];
      double dNextH = gradients.nextH()[j];
      double slopeR = dQ[j] * step.h[j] * r * (1 - r);
      double slopeZ = dNextH * (step.h[j] - n) * z * (1 - z);
      gradients.h()[j] += dNextH * z + dQ[j] * r;
      weights.inputBackward(j, slopeR, step.x, dWeights, gradients.x());
      weights.recurrentBackward(j, slopeR, step.h, dWeights, gradients.h());
      weights.inputBackward(rowZ, slopeZ, step.x, dWeights, gradients.x());
      weights.recurrentBackward(rowZ, slopeZ, step.h, dWeights, gradients.h());
    }
  }

  /** q = r ∘ h. */
  private double[] resetState(CellStep step) {
    return Arrays.copyOfRange(step.saved, 3 * hiddenSize, 4 * hiddenSize);
  }
}
