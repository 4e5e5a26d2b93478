package dev.sluice.bench.peers.dl4j;

import dev.sluice.backend.CellType;
import dev.sluice.bench.peers.Engine;
import dev.sluice.bench.peers.Work;
import dev.sluice.bench.peers.WorkData;
import java.util.LinkedHashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.layers.LSTM;
import org.deeplearning4j.nn.gradient.Gradient;
import org.deeplearning4j.nn.multilayer.MultiLayerNetwork;
import org.nd4j.common.primitives.Pair;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Deeplearning4j: its class LSTM, without peepholes; it has no GRU. Its arrays are [B, H, T]; its
 * weights are the transposes of PyTorch's, with the gates in the order g, f, o, i and one bias, so
 * that both of PyTorch's bias gradients are compared with its one.
 */
public final class Dl4jEngines implements Engine.Factory {
  /** Where DL4J has the gates i, f, g, o. */
  private static final int[] BLOCKS = {3, 1, 0, 2};

  /** For the process's main program. */
  public Dl4jEngines() {}

  @Override
  public Engine prepare(Work work, WorkData data, int threads) {
    if (work.cell() != CellType.LSTM) {
      throw new UnsupportedOperationException("Deeplearning4j has no " + work.cell());
    }
    return switch (work.kind()) {
      case TRAIN -> new Train(work, data);
      case FORWARD -> new Forward(work, data);
      default -> throw new UnsupportedOperationException("not compared on Deeplearning4j");
    };
  }

  private static MultiLayerNetwork network(Work work, WorkData data) {
    var layers = new NeuralNetConfiguration.Builder().list();
    for (int layer = 0; layer < work.layers(); layer++) {
      layers.layer(
          new LSTM.Builder()
              .nIn(work.hidden())
              .nOut(work.hidden())
              .activation(Activation.TANH)
              .gateActivationFunction(Activation.SIGMOID)
              .build());
    }
    MultiLayerNetwork network = new MultiLayerNetwork(layers.build());
    network.init();
    Map<String, float[]> parameters = data.parameters();
    for (int layer = 0; layer < work.layers(); layer++) {
      float[] bias = parameters.get("bias_ih_l" + layer).clone();
      float[] second = parameters.get("bias_hh_l" + layer);
      for (int i = 0; i < bias.length; i++) {
        bias[i] += second[i];
      }
      set(network.getParam(layer + "_W"), parameters.get("weight_ih_l" + layer), work.hidden());
      set(network.getParam(layer + "_RW"), parameters.get("weight_hh_l" + layer), work.hidden());
      set(network.getParam(layer + "_b"), bias, work.hidden());
    }
    return network;
  }

  /** [4H, columns] in PyTorch's order to [columns, 4H] in DL4J's. */
  private static void set(INDArray target, float[] values, int hidden) {
    int columns = values.length / (4 * hidden);
    float[] result = new float[values.length];
    for (int row = 0; row < 4 * hidden; row++) {
      int to = BLOCKS[row / hidden] * hidden + row % hidden;
      for (int column = 0; column < columns; column++) {
        result[column * 4 * hidden + to] = values[row * columns + column];
      }
    }
    target.assign(Nd4j.create(result, new long[] {columns, 4L * hidden}));
  }

  /** The reverse of {@link #set}. */
  private static float[] get(INDArray source, int hidden) {
    float[] values = source.dup('c').data().asFloat();
    int columns = values.length / (4 * hidden);
    float[] result = new float[values.length];
    for (int row = 0; row < 4 * hidden; row++) {
      int from = BLOCKS[row / hidden] * hidden + row % hidden;
      for (int column = 0; column < columns; column++) {
        result[row * columns + column] = values[column * 4 * hidden + from];
      }
    }
    return result;
  }

  /** [T, B, H] to [B, H, T]. */
  private static INDArray sequence(Work work, float[] values) {
    return Nd4j.create(values, new long[] {work.steps(), work.batch(), work.hidden()})
        .permute(1, 2, 0)
        .dup('f');
  }

  private static float[] timeMajor(INDArray array) {
    return array.permute(2, 0, 1).dup('c').data().asFloat();
  }

  private static final class Train implements Engine {
    private final Work work;
    private final MultiLayerNetwork network;
    private final INDArray x;
    private final INDArray dy;

    Train(Work work, WorkData data) {
      this.work = work;
      network = network(work, data);
      x = sequence(work, data.x());
      dy = sequence(work, data.outputGradient());
    }

    /** DL4J overwrites the gradients: there is nothing to clear. */
    private Pair<Gradient, INDArray> backward() {
      return network.backpropGradient(dy, null);
    }

    private INDArray forward() {
      network.setInput(x);
      return network.feedForward(true, false).getLast();
    }

    @Override
    public void iterate() {
      forward();
      backward();
    }

    @Override
    public Map<String, float[]> results() {
      Map<String, float[]> results = new LinkedHashMap<>();
      results.put("y", timeMajor(forward()));
      Pair<Gradient, INDArray> gradients = backward();
      results.put("dx", timeMajor(gradients.getSecond()));
      Map<String, INDArray> byName = gradients.getFirst().gradientForVariable();
      for (int layer = 0; layer < work.layers(); layer++) {
        results.put("dweight_ih_l" + layer, get(byName.get(layer + "_W"), work.hidden()));
        results.put("dweight_hh_l" + layer, get(byName.get(layer + "_RW"), work.hidden()));
        float[] bias = get(byName.get(layer + "_b"), work.hidden());
        results.put("dbias_ih_l" + layer, bias);
        results.put("dbias_hh_l" + layer, bias);
      }
      return results;
    }

    @Override
    public void close() {
      network.close();
    }
  }

  private static final class Forward implements Engine {
    private final MultiLayerNetwork network;
    private final INDArray x;

    Forward(Work work, WorkData data) {
      network = network(work, data);
      x = sequence(work, data.x());
    }

    @Override
    public void iterate() {
      network.output(x, false);
    }

    @Override
    public Map<String, float[]> results() {
      return Map.of("y", timeMajor(network.output(x, false)));
    }

    @Override
    public void close() {
      network.close();
    }
  }
}
