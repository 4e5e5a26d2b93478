package dev.sluice.bench.peers.pytorch;

import dev.sluice.bench.peers.Engine;
import dev.sluice.bench.peers.Work;
import dev.sluice.bench.peers.WorkData;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/**
 * A language model's training step with {@code torch::embedding}, {@code lstm}, {@code linear},
 * {@code cross_entropy_loss}, {@code clip_grad_norm_} and {@code torch::optim::Adam}.
 */
final class TorchLanguageModel implements Engine {
  private final Work work;
  private final Map<String, Tensor> parameters;
  private final TorchEngines.Layers layers;
  private final TensorVector all;
  private final Tensor ids;
  private final Tensor targets;
  private final Tensor table;
  private final Tensor outputWeight;
  private final TensorOptional outputBias;
  private final Adam optimizer;

  TorchLanguageModel(Work work, WorkData data) {
    this.work = work;
    parameters = TorchEngines.parameters(work, data, true);
    layers = new TorchEngines.Layers(work, parameters);
    all = new TensorVector(parameters.values().toArray(Tensor[]::new));
    ids = TorchEngines.tensor(data.ids()).view(work.steps(), work.batch());
    targets = TorchEngines.tensor(data.targets());
    table = parameters.get("embedding.weight");
    outputWeight = parameters.get("output.weight");
    outputBias = new TensorOptional(parameters.get("output.bias"));
    AdamOptions options = new AdamOptions(WorkData.LEARNING_RATE);
    optimizer = new Adam(all, options);
  }

  private Tensor gradients() {
    optimizer.zero_grad();
    Tensor embedded = torch.embedding(table, ids);
    Tensor hidden = layers.run(embedded, true, false);
    Tensor logits = torch.linear(hidden, outputWeight, outputBias);
    Tensor loss = torch.cross_entropy_loss(logits.view(-1, work.vocabulary()), targets);
    loss.backward();
    return loss;
  }

  private void update() {
    torch.clip_grad_norm_(all, WorkData.CLIP_NORM);
    optimizer.step();
  }

  @Override
  public void iterate() {
    try (PointerScope _ = new PointerScope()) {
      gradients();
      update();
    }
  }

  @Override
  public Map<String, float[]> results() {
    Map<String, float[]> results = new LinkedHashMap<>();
    float[] losses = new float[WorkData.CHECKED_LOSSES];
    for (int step = 0; step < losses.length; step++) {
      try (PointerScope _ = new PointerScope()) {
        losses[step] = gradients().item_float();
        if (step == 0) {
          parameters.forEach(
              (name, tensor) -> results.put("d" + name, TorchEngines.floats(tensor.grad())));
        }
        update();
      }
    }
    results.put("losses", losses);
    return results;
  }

  @Override
  public void close() {
    optimizer.close();
    parameters.values().forEach(Tensor::close);
    ids.close();
    targets.close();
  }
}
