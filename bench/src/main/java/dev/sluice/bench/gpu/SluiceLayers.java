package dev.sluice.bench.gpu;

import dev.sluice.backend.Backend;
import dev.sluice.backend.DType;
import dev.sluice.backend.RecurrentPlan;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.Shape;
import dev.sluice.backend.Tensor;
import dev.sluice.bench.peers.WorkData;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Sluice: recurrent layers as the contract offers them. Each iteration first copies its inputs from
 * the next of several sets, together larger than the device's cache, into the tensors it works on.
 */
final class SluiceLayers implements GpuEngine {
  private final Backend backend;
  private final RecurrentSpec spec;
  private final RecurrentPlan plan;
  private final boolean training;
  private final Tensor weights;
  private final Tensor lengths;
  private final Tensor x;
  private final Tensor y;
  private final Tensor dy;
  private final Tensor dx;
  private final Tensor dWeights;
  private final List<Tensor> xSets = new ArrayList<>();
  private final List<Tensor> dySets = new ArrayList<>();
  private int next;

  /**
   * Prepares.
   *
   * @param mostSets of inputs, at least 1
   */
  SluiceLayers(Backend backend, GpuWork work, int mostSets) {
    this.backend = backend;
    spec = work.spec();
    training = work.kind() == GpuWork.Kind.TRAIN;
    plan = backend.recurrent().plan(spec, work.steps(), work.batch(), training);
    weights = packed(work);
    lengths = work.variable() ? backend.allocate(DType.INT32, Shape.of(work.batch())) : null;
    if (lengths != null) {
      lengths.upload(work.lengths(), 0);
    }
    x = backend.allocate(DType.FLOAT32, work.inputShape());
    y = backend.allocate(DType.FLOAT32, work.outputShape());
    dy = training ? backend.allocate(DType.FLOAT32, work.outputShape()) : null;
    dx = training ? backend.allocate(DType.FLOAT32, work.inputShape()) : null;
    dWeights = training ? backend.allocate(DType.FLOAT32, weights.shape()) : null;
    int count = Math.min(mostSets, InputSets.count(bytes(x) + (training ? bytes(dy) : 0)));
    fill(xSets, "x", work.inputShape(), count);
    if (training) {
      fill(dySets, "dy", work.outputShape(), count);
    }
  }

  private static long bytes(Tensor tensor) {
    return tensor.shape().size() * tensor.type().bytes();
  }

  /** The parameters in the order of {@link RecurrentSpec#slices}. */
  private Tensor packed(GpuWork work) {
    Tensor packed = backend.allocate(DType.FLOAT32, Shape.of(Math.toIntExact(spec.weightCount())));
    Map<String, float[]> parameters = work.parameters();
    for (RecurrentSpec.Slice slice : spec.slices()) {
      packed.slice(slice.offset(), slice.shape()).upload(parameters.get(slice.name()), 0);
    }
    return packed;
  }

  private void fill(List<Tensor> sets, String name, Shape shape, int count) {
    Tensor first = backend.allocate(DType.FLOAT32, shape);
    first.upload(WorkData.uniform(name, Math.toIntExact(shape.size()), 1), 0);
    sets.add(first);
    for (int set = 1; set < count; set++) {
      Tensor scaled = backend.allocate(DType.FLOAT32, shape);
      backend.elements().copy(first, scaled);
      backend.elements().scale(scaled, InputSets.factor(set));
      sets.add(scaled);
    }
  }

  @Override
  public void enqueue() {
    run(next);
    next = (next + 1) % xSets.size();
  }

  private void run(int set) {
    backend.elements().copy(xSets.get(set), x);
    if (training) {
      backend.elements().copy(dySets.get(set), dy);
      backend.elements().fill(dWeights, 0);
    }
    plan.forward(weights, x, lengths, null, y, null, null);
    if (training) {
      plan.backward(dy, null, dx, null, dWeights);
    }
  }

  @Override
  public Map<String, float[]> results() {
    run(0);
    Map<String, float[]> results = new LinkedHashMap<>();
    results.put("y", y.toFloats());
    if (training) {
      results.put("dx", dx.toFloats());
      for (RecurrentSpec.Slice slice : spec.slices()) {
        results.put("d" + slice.name(), dWeights.slice(slice.offset(), slice.shape()).toFloats());
      }
    }
    return results;
  }

  @Override
  public void close() {
    backend.close();
  }
}
