package dev.sluice.backend.reference;

import dev.sluice.backend.Checks;
import dev.sluice.backend.DType;
import dev.sluice.backend.ElementOps;
import dev.sluice.backend.Tensor;

/**
 * Element by element:
 *
 * <pre>
 *   fill      x = value                 scale     x = factor · x
 *   add       y = y + alpha · x         multiply  out = a ∘ b
 *   sigmoid   y = 1 / (1 + e^-x)        dx = dy ∘ y ∘ (1 - y)
 *   tanh      y = (e^x - e^-x) / (e^x + e^-x)      dx = dy ∘ (1 - y²)
 *   relu      y = max(0, x)             dx = dy where y &gt; 0, else 0
 *   bias      x[n, f] += bias[f]        dBias[f] += Σ_n dy[n, f]
 * </pre>
 */
final class ReferenceElements implements ElementOps {
  @Override
  public void fill(Tensor x, float value) {
    Checks.sameSize("fill", x);
    ReferenceTensor target = ReferenceTensor.of(x);
    for (int i = 0; i < target.size(); i++) {
      target.set(i, value);
    }
  }

  @Override
  public void copy(Tensor source, Tensor target) {
    Checks.copy(source, target);
    ReferenceTensor from = ReferenceTensor.of(source);
    ReferenceTensor to = ReferenceTensor.of(target);
    for (int i = 0; i < from.size(); i++) {
      if (from.type() == DType.INT32) {
        to.setInt(i, from.getInt(i));
      } else {
        to.set(i, from.get(i));
      }
    }
  }

  @Override
  public void scale(Tensor x, float factor) {
    Checks.sameSize("scale", x);
    ReferenceTensor target = ReferenceTensor.of(x);
    for (int i = 0; i < target.size(); i++) {
      target.set(i, factor * target.get(i));
    }
  }

  @Override
  public void add(float alpha, Tensor x, Tensor y) {
    Checks.sameSize("add", x, y);
    ReferenceTensor source = ReferenceTensor.of(x);
    ReferenceTensor target = ReferenceTensor.of(y);
    for (int i = 0; i < source.size(); i++) {
      target.add(i, alpha * source.get(i));
    }
  }

  @Override
  public void multiply(Tensor a, Tensor b, Tensor out) {
    Checks.sameSize("multiply", a, b, out);
    ReferenceTensor left = ReferenceTensor.of(a);
    ReferenceTensor right = ReferenceTensor.of(b);
    ReferenceTensor product = ReferenceTensor.of(out);
    for (int i = 0; i < left.size(); i++) {
      product.set(i, left.get(i) * right.get(i));
    }
  }

  @Override
  public void activate(Activation activation, Tensor x, Tensor y) {
    Checks.sameSize("activate", x, y);
    ReferenceTensor source = ReferenceTensor.of(x);
    ReferenceTensor target = ReferenceTensor.of(y);
    for (int i = 0; i < source.size(); i++) {
      double value = source.get(i);
      target.set(
          i,
          switch (activation) {
            case SIGMOID -> sigmoid(value);
            case TANH -> Math.tanh(value);
            case RELU -> Math.max(0, value);
          });
    }
  }

  @Override
  public void activateBackward(Activation activation, Tensor y, Tensor dy, Tensor dx) {
    Checks.sameSize("activateBackward", y, dy, dx);
    ReferenceTensor result = ReferenceTensor.of(y);
    ReferenceTensor gradient = ReferenceTensor.of(dy);
    ReferenceTensor target = ReferenceTensor.of(dx);
    for (int i = 0; i < result.size(); i++) {
      double value = result.get(i);
      double dValue = gradient.get(i);
      target.set(
          i,
          switch (activation) {
            case SIGMOID -> dValue * value * (1 - value);
            case TANH -> dValue * (1 - value * value);
            case RELU -> value > 0 ? dValue : 0;
          });
    }
  }

  @Override
  public void addBias(Tensor x, Tensor bias) {
    Checks.bias(x, bias);
    ReferenceTensor target = ReferenceTensor.of(x);
    ReferenceTensor vector = ReferenceTensor.of(bias);
    for (int i = 0; i < target.size(); i++) {
      target.add(i, vector.get(i % vector.size()));
    }
  }

  @Override
  public void biasBackward(Tensor dy, Tensor dBias) {
    Checks.bias(dy, dBias);
    ReferenceTensor gradient = ReferenceTensor.of(dy);
    ReferenceTensor vector = ReferenceTensor.of(dBias);
    for (int i = 0; i < gradient.size(); i++) {
      vector.add(i % vector.size(), gradient.get(i));
    }
  }

  @Override
  public void increment(Tensor counter) {
    Checks.counter(counter);
    ReferenceTensor number = ReferenceTensor.of(counter);
    number.setInt(0, number.getInt(0) + 1);
  }

  /** 1 / (1 + e^-x); correct for every x, since e^-x may become infinite but not NaN. */
  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }
}
