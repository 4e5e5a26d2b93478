package dev.sluice.nn;

import dev.sluice.backend.CellType;
import dev.sluice.backend.RecurrentSpec;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Initial values of a stack of recurrent layers. Each gate's block of a matrix or bias is drawn as a
 * parameter of its own, so an orthogonal {@code recurrentWeights} makes every gate's [H, H]
 * orthogonal.
 *
 * @param inputWeights of each {@code weight_ih}
 * @param recurrentWeights of each {@code weight_hh}
 * @param biases of each {@code bias_ih} and {@code bias_hh}
 * @param forgetBias LSTM only: the forget gate's rows of {@code bias_ih} get this value and those of
 *     {@code bias_hh} zero, so that the gate starts open (Gers et al. 2000; Jozefowicz et al. 2015
 *     advise 1); empty to draw them like the other gates'
 */
public record RecurrentInitializers(
    Initializer inputWeights,
    Initializer recurrentWeights,
    Initializer biases,
    OptionalDouble forgetBias) {
  private static final int FORGET_GATE = 1; // of i, f, g, o

  /** PyTorch's: everything uniform in ±1/√H. */
  public static RecurrentInitializers uniform(int hiddenSize) {
    Initializer all = Initializer.fanIn(hiddenSize);
    return new RecurrentInitializers(all, all, all, OptionalDouble.empty());
  }

  /** Keras's: input weights Xavier uniform, recurrent ones orthogonal, biases zero. */
  public static RecurrentInitializers orthogonal() {
    return new RecurrentInitializers(
        Initializer.xavierUniform(),
        Initializer.orthogonal(1),
        Initializer.zeros(),
        OptionalDouble.empty());
  }

  /** The same with a constant for the LSTM's forget gate. */
  public RecurrentInitializers withForgetBias(double value) {
    return new RecurrentInitializers(
        inputWeights, recurrentWeights, biases, OptionalDouble.of(value));
  }

  /** The initialiser of one slice. */
  Initializer of(RecurrentSpec spec, RecurrentSpec.Slice slice) {
    int gates = spec.cell().gates();
    boolean ofInput = slice.name().contains("_ih_");
    if (slice.shape().rank() == 2) {
      return Initializer.perGate(gates, ofInput ? inputWeights : recurrentWeights);
    }
    List<Initializer> blocks = new ArrayList<>(Collections.nCopies(gates, biases));
    if (forgetBias.isPresent()) {
      float value = ofInput ? (float) forgetBias.getAsDouble() : 0;
      blocks.set(FORGET_GATE, Initializer.constant(value));
    }
    return new Initializer.Stacked(blocks);
  }

  /** Refuses a forget bias where there is no forget gate or no bias. */
  void check(RecurrentSpec spec) {
    if (forgetBias.isEmpty()) {
      return;
    }
    if (spec.cell() != CellType.LSTM) {
      throw new IllegalArgumentException(
          "a forget-gate bias is an option of the LSTM, not of " + spec.cell());
    }
    if (!spec.bias()) {
      throw new IllegalArgumentException(
          "a forget-gate bias needs gates with biases, but they are turned off");
    }
  }
}
