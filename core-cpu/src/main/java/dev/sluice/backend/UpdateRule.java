package dev.sluice.backend;

/**
 * How an optimiser turns gradients into a step. Below, g is the clipped gradient, p the parameter,
 * lr the learning rate, and t counts the applied steps from 1.
 */
public sealed interface UpdateRule {
  /** Tensors of the parameters' size that the rule keeps between steps. */
  int stateSlots();

  /**
   * Stochastic gradient descent with momentum (Sutskever et al. 2013, in the form PyTorch uses).
   *
   * <pre>
   *   g += weightDecay · p      v = momentum · v + g  (v = g at t = 1)
   *   p -= lr · (nesterov ? g + momentum · v : v)
   * </pre>
   *
   * Without momentum, p -= lr · g and nothing is kept.
   *
   * @param momentum from 0 up to but not including 1
   * @param nesterov needs momentum above 0
   * @param weightDecay at least 0
   */
  record Sgd(float momentum, boolean nesterov, float weightDecay) implements UpdateRule {
    public Sgd {
      check(momentum >= 0 && momentum < 1, "momentum", momentum, "at least 0 and below 1");
      check(weightDecay >= 0, "weightDecay", weightDecay, "at least 0");
      if (nesterov && momentum == 0) {
        throw new IllegalArgumentException("sgd: nesterov needs a momentum above 0");
      }
    }

    @Override
    public int stateSlots() {
      return momentum > 0 ? 1 : 0;
    }
  }

  /**
   * RMSProp (Tieleman and Hinton 2012).
   *
   * <pre>
   *   g += weightDecay · p      s = decay · s + (1 - decay) · g²      p -= lr · g / (√s + epsilon)
   * </pre>
   *
   * @param decay of the average of squares, at least 0 and below 1
   * @param epsilon above 0
   * @param weightDecay at least 0
   */
  record RmsProp(float decay, float epsilon, float weightDecay) implements UpdateRule {
    public RmsProp {
      check(decay >= 0 && decay < 1, "decay", decay, "at least 0 and below 1");
      check(epsilon > 0, "epsilon", epsilon, "above 0");
      check(weightDecay >= 0, "weightDecay", weightDecay, "at least 0");
    }

    @Override
    public int stateSlots() {
      return 1;
    }
  }

  /**
   * Adam (Kingma and Ba 2015) or, decoupled, AdamW (Loshchilov and Hutter 2019).
   *
   * <pre>
   *   decoupled: p -= lr · weightDecay · p          else: g += weightDecay · p
   *   m = beta1 · m + (1 - beta1) · g               v = beta2 · v + (1 - beta2) · g²
   *   p -= lr · (m / (1 - beta1^t)) / (√(v / (1 - beta2^t)) + epsilon)
   * </pre>
   *
   * Neither 1 - beta^t loses digits: they are computed in double precision.
   *
   * @param beta1 at least 0 and below 1
   * @param beta2 at least 0 and below 1
   * @param epsilon above 0
   * @param weightDecay at least 0
   * @param decoupled whether the decay bypasses the averages (AdamW)
   */
  record Adam(float beta1, float beta2, float epsilon, float weightDecay, boolean decoupled)
      implements UpdateRule {
    public Adam {
      check(beta1 >= 0 && beta1 < 1, "beta1", beta1, "at least 0 and below 1");
      check(beta2 >= 0 && beta2 < 1, "beta2", beta2, "at least 0 and below 1");
      check(epsilon > 0, "epsilon", epsilon, "above 0");
      check(weightDecay >= 0, "weightDecay", weightDecay, "at least 0");
    }

    @Override
    public int stateSlots() {
      return 2;
    }
  }

  private static void check(boolean holds, String name, float value, String wanted) {
    if (!holds) {
      throw new IllegalArgumentException(name + " must be " + wanted + ", not " + value);
    }
  }
}
