package dev.sluice.backend;

import java.util.List;

/**
 * Recurrent layers over whole sequences.
 *
 * <p>For each layer, direction and step t, with W the input weights, R the recurrent weights, b and d
 * the two biases (PyTorch's {@code weight_ih}, {@code weight_hh}, {@code bias_ih}, {@code bias_hh}),
 * h and c the state before the step and h', c' the state after it:
 *
 * <p>LSTM (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000):
 *
 * <pre>
 *   i = σ(Wi x + bi + Ri h + di)        f = σ(Wf x + bf + Rf h + df)
 *   g = tanh(Wg x + bg + Rg h + dg)     o = σ(Wo x + bo + Ro h + do)
 *   c' = f ∘ c + i ∘ g                  h' = o ∘ tanh(c')
 * </pre>
 *
 * <p>GRU (Cho et al. 2014), the reset gate after the recurrent product:
 *
 * <pre>
 *   r = σ(Wr x + br + Rr h + dr)        z = σ(Wz x + bz + Rz h + dz)
 *   n = tanh(Wn x + bn + r ∘ (Rn h + dn))
 *   h' = (1 - z) ∘ n + z ∘ h
 * </pre>
 *
 * and with {@link RecurrentSpec#resetBefore}: n = tanh(Wn x + bn + Rn (r ∘ h) + dn).
 *
 * <p>RNN (Elman 1990): h' = tanh(W x + b + R h + d), or max(0, ·) for {@link CellType#RNN_RELU}.
 */
public interface RecurrentOps {
  /**
   * Prepares passes over sequences of up to {@code maxSteps} steps.
   *
   * @param spec sizes and options
   * @param maxSteps T at most, at least 1
   * @param batch B, at least 1
   * @param training whether {@link RecurrentPlan#backward} will be called; dropout is applied in
   *     training plans only
   * @throws IllegalArgumentException when an extent is below 1 or the backend lacks an option
   * @throws OutOfDeviceMemoryException when the workspace does not fit
   */
  RecurrentPlan plan(RecurrentSpec spec, int maxSteps, int batch, boolean training);

  /**
   * Bytes that {@link #plan} with the same arguments will hold: what {@link RecurrentPlan#bytes} of
   * that plan answers, known before anything of it is allocated. What the backend itself will hold
   * from then on, whatever the number of plans, is in {@link DeviceMemoryUse#fixed} afterwards.
   *
   * @throws IllegalArgumentException when an extent is below 1
   */
  long planBytes(RecurrentSpec spec, int maxSteps, int batch, boolean training);

  /**
   * Says, for people, how a plan with the same arguments would run its layers and why, a line each;
   * nothing where there is one way only.
   *
   * @throws IllegalArgumentException as {@link #plan}
   */
  default List<String> explain(RecurrentSpec spec, int maxSteps, int batch, boolean training) {
    return List.of();
  }

  /**
   * Prepares inference one step at a time, with the weights packed once.
   *
   * <p>With {@code storage} each weight matrix ({@code weight_ih} and {@code weight_hh} of a layer) is
   * rounded on its own, as {@link WeightStorage} says; biases stay as they are.
   *
   * @param spec sizes and options; one direction; dropout is not applied
   * @param batch B, at least 1
   * @param weights [spec.weightCount()]; later changes are seen after {@link
   *     RecurrentStepper#refresh} only
   * @param storage how the packed weights are stored
   * @throws IllegalArgumentException when the spec is bidirectional, a shape does not fit, or the
   *     backend lacks the storage
   * @see #stores
   */
  RecurrentStepper stepper(RecurrentSpec spec, int batch, Tensor weights, WeightStorage storage);

  /** Whether steppers can keep weights so; every backend can keep them in single precision. */
  boolean stores(WeightStorage storage);

  /** As above, with the weights in single precision. */
  default RecurrentStepper stepper(RecurrentSpec spec, int batch, Tensor weights) {
    return stepper(spec, batch, weights, WeightStorage.FLOAT32);
  }
}
