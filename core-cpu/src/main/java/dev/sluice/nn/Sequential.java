package dev.sluice.nn;

import dev.sluice.backend.Backend;
import dev.sluice.backend.Parts;
import dev.sluice.backend.Shape;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Layers one after another: the output of each is the input of the next. */
public final class Sequential implements Layer {
  private final List<Layer> layers;

  /** A chain of at least one layer. */
  public Sequential(Layer... layers) {
    this(List.of(layers));
  }

  /** A chain of at least one layer. */
  public Sequential(List<? extends Layer> layers) {
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("Sequential: at least one layer is needed");
    }
    this.layers = List.copyOf(layers);
  }

  /** The layers in order. */
  public List<Layer> layers() {
    return layers;
  }

  @Override
  public Shape output(Shape input) {
    Shape shape = input;
    for (Layer layer : layers) {
      shape = layer.output(shape);
    }
    return shape;
  }

  /** {@inheritDoc} Each once, also one that two layers share. */
  @Override
  public List<Parameter> parameters() {
    Set<Parameter> distinct = new LinkedHashSet<>();
    layers.forEach(layer -> distinct.addAll(layer.parameters()));
    return List.copyOf(distinct);
  }

  @Override
  public SequentialPlan plan(Backend backend, Shape input, Gradients gradients) {
    output(input); // refuses a chain that does not fit before anything is allocated
    int lowest = lowestBackward(gradients);
    LayerPlan[] plans = new LayerPlan[layers.size()];
    Parts parts = new Parts();
    for (int i = 0; i < plans.length; i++) {
      Layer layer = layers.get(i);
      Shape shape = i == 0 ? input : plans[i - 1].output();
      Gradients wanted = gradientsOf(i, lowest, gradients);
      plans[i] = parts.add(() -> layer.plan(backend, shape, wanted));
    }
    return new SequentialPlan(plans, gradients, lowest);
  }

  @Override
  public long planBytes(Backend backend, Shape input, Gradients gradients) {
    int lowest = lowestBackward(gradients);
    long bytes = 0;
    Shape shape = input;
    for (int i = 0; i < layers.size(); i++) {
      bytes += layers.get(i).planBytes(backend, shape, gradientsOf(i, lowest, gradients));
      shape = layers.get(i).output(shape);
    }
    return bytes;
  }

  /** Index of the first layer that takes part in backward: below it nothing is trained. */
  private int lowestBackward(Gradients gradients) {
    if (gradients != Gradients.PARAMETERS) {
      return 0;
    }
    int index = 0;
    while (index < layers.size() && layers.get(index).parameters().isEmpty()) {
      index++;
    }
    return index;
  }

  private static Gradients gradientsOf(int index, int lowest, Gradients gradients) {
    return gradients == Gradients.PARAMETERS && index > lowest ? Gradients.ALL : gradients;
  }
}
