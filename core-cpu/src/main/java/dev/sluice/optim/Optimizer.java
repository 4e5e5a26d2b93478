package dev.sluice.optim;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.OptimizerOps.Controls;
import dev.sluice.backend.Parts;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.backend.UpdateRule;
import dev.sluice.nn.Parameter;
import dev.sluice.nn.ParameterStore;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Applies an update rule to all parameters of a model at once.
 *
 * <p>A step clips the gradients by their global norm, then each by value, and updates. When the sum
 * of the squared gradients is not finite, the step changes nothing: {@link #gradientNorm} is not
 * finite then, and {@link #applied} has not grown. Nothing in a step is read back.
 */
public final class Optimizer implements AutoCloseable {
  /** For {@code clipNorm} and {@code clipValue}: no clipping. */
  public static final double NO_CLIPPING = Double.POSITIVE_INFINITY;

  private final Parts parts = new Parts();
  private final Backend backend;
  private final ParameterStore parameters;
  private final UpdateRule rule;
  private final Controls controls;
  private final Tensor slots;
  private final Map<String, Tensor> state;
  private final float[] rate = {Float.NaN};
  private final float[] squares = new float[1];
  private final int[] count = new int[1];

  /**
   * Allocates the optimiser's state: {@code rule.stateSlots()} numbers for each parameter.
   *
   * @param backend on which the parameters are
   * @param parameters allocated for training
   * @param rule how gradients become a step
   * @param clipNorm gradients are scaled down to this global norm, above 0 ({@link #NO_CLIPPING} for
   *     none) (Pascanu, Mikolov and Bengio 2013)
   * @param clipValue after that, each gradient is limited to ± this, above 0
   * @throws IllegalArgumentException when a limit is not above 0
   * @throws IllegalStateException when the parameters have no gradients
   */
  public Optimizer(
      Backend backend,
      ParameterStore parameters,
      UpdateRule rule,
      double clipNorm,
      double clipValue) {
    this.backend = backend;
    this.parameters = parameters;
    this.rule = rule;
    int size = Math.toIntExact(parameters.gradients().shape().size());
    Shape one = Shape.of(1);
    controls =
        new Controls(
            parts.add(() -> backend.allocate(DType.FLOAT32, one)),
            parts.add(() -> backend.allocate(DType.INT32, one)),
            parts.add(() -> backend.allocate(DType.FLOAT32, one)),
            (float) clipNorm,
            (float) clipValue);
    slots =
        rule.stateSlots() == 0
            ? null
            : parts.add(() -> backend.allocate(DType.FLOAT32, Shape.of(rule.stateSlots(), size)));
    Map<String, Tensor> named = new LinkedHashMap<>();
    named.put("step", controls.applied());
    List<String> names = slotNames(rule);
    for (int slot = 0; slot < names.size(); slot++) {
      named.put(names.get(slot), slots.slice((long) slot * size, Shape.of(size)));
    }
    state = Collections.unmodifiableMap(named);
  }

  /** Bytes that the optimiser's state takes; for a forecast before anything is allocated. */
  public static long stateBytes(ParameterStore parameters, UpdateRule rule) {
    return parameters.packedSize() * DType.FLOAT32.bytes() * rule.stateSlots();
  }

  /** The names that PyTorch's optimisers give the same state. */
  private static List<String> slotNames(UpdateRule rule) {
    List<String> names =
        switch (rule) {
          case UpdateRule.Sgd _ -> List.of("momentum_buffer");
          case UpdateRule.RmsProp _ -> List.of("square_avg");
          case UpdateRule.Adam _ -> List.of("exp_avg", "exp_avg_sq");
        };
    return names.subList(0, rule.stateSlots());
  }

  /** The rule in use. */
  public UpdateRule rule() {
    return rule;
  }

  /**
   * Updates all parameters from their gradients, which stay as they are: {@link
   * ParameterStore#zeroGradients} clears them before the next step.
   *
   * @param learningRate factor on the step, at least 0 and finite
   * @throws IllegalArgumentException when it is not; nothing has changed then
   */
  public void step(double learningRate) {
    step(learningRate, null);
  }

  /**
   * As {@link #step(double)}, but changes nothing either when the loss is not finite, without reading
   * it back: {@link #gradientNorm} is NaN then.
   *
   * @param learningRate factor on the step, at least 0 and finite
   * @param loss [1], of this step; or null for no such check
   * @throws IllegalArgumentException when the learning rate is not; nothing has changed then
   */
  public void step(double learningRate, Tensor loss) {
    setLearningRate(learningRate);
    apply(loss);
  }

  /**
   * Sets the factor on the steps from here on.
   *
   * @param learningRate at least 0 and finite
   * @throws IllegalArgumentException when it is not; nothing has changed then
   */
  public void setLearningRate(double learningRate) {
    if (!(learningRate >= 0 && learningRate < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "the learning rate must be at least 0 and finite, not " + learningRate);
    }
    if (rate[0] != (float) learningRate) {
      rate[0] = (float) learningRate;
      controls.learningRate().upload(rate, 0);
    }
  }

  /**
   * As {@link #step(double, Tensor)} with the learning rate that was set. The same calls each time,
   * and nothing is uploaded: it may be part of a {@link dev.sluice.backend.Replay}.
   *
   * @param loss [1], of this step; or null for no check of it
   */
  public void apply(Tensor loss) {
    backend.optimizers().sumOfSquares(parameters.gradients(), controls.gradientSquares());
    if (loss != null) {
      backend.elements().add(0, loss, controls.gradientSquares()); // 0 · NaN and 0 · ∞ are NaN
    }
    backend.optimizers().update(rule, parameters.values(), parameters.gradients(), slots, controls);
  }

  /**
   * Euclidean norm of all gradients at the last step, before clipping; waits for it. Not finite when
   * that step was not applied.
   */
  public float gradientNorm() {
    controls.gradientSquares().download(squares, 0);
    return (float) Math.sqrt(squares[0]);
  }

  /** Steps applied so far, those before a restored checkpoint included; waits. */
  public long applied() {
    controls.applied().download(count, 0);
    return count[0];
  }

  /**
   * What the optimiser keeps between steps, by name: {@code step}, INT32 [1], and, each [packedSize],
   * {@code momentum_buffer} (SGD with momentum), {@code square_avg} (RMSProp) or {@code exp_avg} and
   * {@code exp_avg_sq} (Adam, AdamW). Uploading to them restores a checkpoint.
   */
  public Map<String, Tensor> state() {
    return state;
  }

  /**
   * The last parameter, in the order of declaration, whose gradient holds NaN or an infinity: the one
   * nearest to the loss, where backpropagation met it first. Empty when there is none, which after a
   * step that was not applied means that the loss was not finite or that the squares of finite
   * gradients overflowed. Reads all gradients back: for reports after a failed step.
   */
  public static Optional<Parameter> firstNonFinite(ParameterStore parameters) {
    for (Parameter parameter : parameters.parameters().reversed()) {
      for (float gradient : parameter.gradient().toFloats()) {
        if (!Float.isFinite(gradient)) {
          return Optional.of(parameter);
        }
      }
    }
    return Optional.empty();
  }

  /** Frees the state; the parameters stay. */
  @Override
  public void close() {
    parts.close();
  }
}
