package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.RecurrentState;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A {@link RecurrentStack} prepared for one size, with the state it starts from and the state it
 * ends in. A pass leaves {@link #initial} alone; {@link #carry} makes the end of one window the
 * beginning of the next.
 */
public final class RecurrentStackPlan extends AbstractPlan {
  private final RecurrentSpec spec;
  private final RecurrentPlan plan;
  private final Tensor weights;
  private final Tensor weightGradients;
  private final StreamDraw stream;
  private final Tensor y;
  private final Tensor dInput;
  private final RecurrentState initial;
  private final RecurrentState last;
  private final Map<String, Tensor> carried;

  RecurrentStackPlan(RecurrentStack layer, Backend backend, Shape input, Gradients gradients) {
    super(layer, backend, input, gradients);
    spec = layer.spec();
    int batch = input.dim(1);
    weights = layer.weights();
    weightGradients = gradients.training() ? layer.weightGradients() : null;
    plan = part(() -> backend.recurrent().plan(spec, input.dim(0), batch, gradients.training()));
    stream = new StreamDraw(layer.firstStream());
    y = buffer(output());
    dInput = inputGradientBuffer();
    initial = state(batch);
    last = state(batch);
    Map<String, Tensor> named = new LinkedHashMap<>();
    if (!spec.bidirectional()) {
      named.put(layer.name() + ".h", initial.h());
      if (initial.c() != null) {
        named.put(layer.name() + ".c", initial.c());
      }
    }
    carried = Collections.unmodifiableMap(named);
  }

  private RecurrentState state(int batch) {
    Shape shape = spec.stateShape(batch);
    return new RecurrentState(buffer(shape), spec.cell().hasCellState() ? buffer(shape) : null);
  }

  @Override
  Tensor compute(Tensor x, Pass pass) {
    plan.forward(weights, x, pass.lengths(), initial, y, last, stream.of(pass));
    return y;
  }

  @Override
  Tensor differentiate(Tensor x, Tensor dOutput) {
    return differentiate(dOutput, null, null);
  }

  /**
   * As {@link #backward(Tensor)}, with gradients of the last state in and of the initial state out:
   * for models that read the one or compute the other, as an encoder and a decoder do.
   *
   * @param dOutput gradient of the output, [T, B, D·H]
   * @param dLast gradient of {@link #last}; or null for zeros
   * @param dInitial receives the gradient of {@link #initial}; or null when not wanted
   */
  public Tensor backward(Tensor dOutput, RecurrentState dLast, RecurrentState dInitial) {
    takeInput();
    return differentiate(dOutput, dLast, dInitial);
  }

  private Tensor differentiate(Tensor dOutput, RecurrentState dLast, RecurrentState dInitial) {
    plan.backward(dOutput, dLast, dInput, dInitial, weightGradients);
    return dInput;
  }

  /** State before the first step of the next forward, each [L·D, B, H]; zero at the start. */
  public RecurrentState initial() {
    return initial;
  }

  /** State after each sequence's last step of the most recent forward. */
  public RecurrentState last() {
    return last;
  }

  /** {@inheritDoc} A bidirectional stack sees whole sequences only and carries nothing. */
  @Override
  public void carry() {
    if (spec.bidirectional()) {
      return;
    }
    backend.elements().copy(last.h(), initial.h());
    if (initial.c() != null) {
      backend.elements().copy(last.c(), initial.c());
    }
  }

  @Override
  public void resetState() {
    backend.elements().fill(initial.h(), 0);
    if (initial.c() != null) {
      backend.elements().fill(initial.c(), 0);
    }
  }

  /**
   * Sets the state before the next forward.
   *
   * @param h outputs, L·D·B·H numbers in the order [L·D, B, H]
   * @param c cell states likewise; null for cells without
   * @throws IllegalArgumentException when a length does not fit, or c is given or missing wrongly
   */
  public void setState(float[] h, float[] c) {
    long size = initial.h().shape().size();
    boolean fits = initial.c() == null ? c == null : c != null && c.length == size;
    if (h.length != size || !fits) {
      throw new IllegalArgumentException(
          "setState: %s wants %d numbers for h%s, not %d and %s"
              .formatted(
                  spec.cell(),
                  size,
                  initial.c() == null ? " and no c" : " and for c",
                  h.length,
                  c == null ? "none" : Integer.toString(c.length)));
    }
    initial.h().upload(h, 0);
    if (c != null) {
      initial.c().upload(c, 0);
    }
  }

  /** {@inheritDoc} Names are the stack's with {@code .h} and {@code .c}. */
  @Override
  public Map<String, Tensor> carried() {
    return carried;
  }

  /** {@link RecurrentPlan#cellStates} of the most recent forward. */
  public Tensor cellStates(int layer, int direction) {
    return plan.cellStates(layer, direction);
  }

  /** {@link RecurrentPlan#layerOutput} of the most recent forward. */
  public Tensor layerOutput(int layer) {
    return plan.layerOutput(layer);
  }

  /** No: backward reads the output. */
  @Override
  public boolean outputIsFree() {
    return false;
  }
}
