package dev.sluice.nn;

import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A {@link Sequential} prepared for one input shape. */
public final class SequentialPlan implements LayerPlan {
  private final LayerPlan[] plans;
  private final Gradients gradients;
  private final int lowestBackward;
  private final Map<String, Tensor> carried;

  SequentialPlan(LayerPlan[] plans, Gradients gradients, int lowestBackward) {
    this.plans = plans;
    this.gradients = gradients;
    this.lowestBackward = lowestBackward;
    Map<String, Tensor> all = new LinkedHashMap<>();
    for (LayerPlan plan : plans) {
      all.putAll(plan.carried());
    }
    carried = Collections.unmodifiableMap(all);
  }

  /** The plans of the layers in order. */
  public List<LayerPlan> plans() {
    return List.of(plans);
  }

  @Override
  public Shape output() {
    return plans[plans.length - 1].output();
  }

  @Override
  public Tensor forward(Tensor input, Pass pass) {
    Tensor value = input;
    for (LayerPlan plan : plans) {
      value = plan.forward(value, pass);
    }
    return value;
  }

  @Override
  public Tensor backward(Tensor dOutput) {
    Tensor gradient = dOutput;
    for (int i = plans.length - 1; i >= lowestBackward; i--) {
      gradient = plans[i].backward(gradient);
    }
    return gradients == Gradients.ALL ? gradient : null;
  }

  @Override
  public boolean outputIsFree() {
    return plans[plans.length - 1].outputIsFree();
  }

  @Override
  public void carry() {
    for (LayerPlan plan : plans) {
      plan.carry();
    }
  }

  @Override
  public void resetState() {
    for (LayerPlan plan : plans) {
      plan.resetState();
    }
  }

  @Override
  public Map<String, Tensor> carried() {
    return carried;
  }

  @Override
  public void close() {
    for (LayerPlan plan : plans) {
      plan.close();
    }
  }
}
