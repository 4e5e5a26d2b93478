package dev.sluice.backend;

/**
 * Layer normalisation over the last axis (Ba, Kiros and Hinton 2016).
 *
 * <pre>
 *   mean = Σ x / F      variance = Σ (x - mean)² / F      rstd = 1 / √(variance + epsilon)
 *   y = gain ∘ (x - mean) · rstd + bias
 * </pre>
 */
public interface LayerNormOps {
  /**
   * Normalises each row.
   *
   * @param x [..., F] with N rows
   * @param gain [F]
   * @param bias [F]
   * @param epsilon above 0, usually 1e-5
   * @param y like x; may not be x, which backward reads
   * @param mean [N]; kept for backward
   * @param rstd [N]; kept for backward
   */
  void forward(
      Tensor x, Tensor gain, Tensor bias, float epsilon, Tensor y, Tensor mean, Tensor rstd);

  /**
   * With x̂ = (x - mean) · rstd and q = gain ∘ dy:
   *
   * <pre>
   *   dx = rstd · (q - Σq/F - x̂ · Σ(q ∘ x̂)/F)      dGain += Σ_rows dy ∘ x̂      dBias += Σ_rows dy
   * </pre>
   *
   * @param dx like x, or null when not wanted; may be dy
   * @param dGain [F]; added to
   * @param dBias [F]; added to
   */
  void backward(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      Tensor dy,
      Tensor dx,
      Tensor dGain,
      Tensor dBias);
}
