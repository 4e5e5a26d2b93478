package dev.sluice.task;

import dev.sluice.backend.Backend;
import dev.sluice.backend.RecurrentSpec;
import dev.sluice.backend.WeightStorage;
import dev.sluice.data.Tokenizer;
import dev.sluice.nn.Dropout;
import dev.sluice.nn.Embedding;
import dev.sluice.nn.Initializer;
import dev.sluice.nn.Layer;
import dev.sluice.nn.LayerNorm;
import dev.sluice.nn.Linear;
import dev.sluice.nn.ParameterStore;
import dev.sluice.nn.RecurrentInitializers;
import dev.sluice.nn.RecurrentStack;
import dev.sluice.nn.Sequential;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/**
 * A recurrent language model (Mikolov et al. 2010): predicts each token of a text from those before
 * it.
 *
 * <pre>
 *   ids [T, B] → embedding or one-hot [T, B, E] → L recurrent layers [T, B, H]
 *     → layer normalisation and dropout, if wanted → output weights [T, B, V] → softmax
 * </pre>
 *
 * <p>Parameters: {@code embedding.weight}, {@code rnn.weight_ih_l0} and so on as in PyTorch, {@code
 * norm.weight}, {@code norm.bias}, {@code output.weight}, {@code output.bias}.
 */
public final class LanguageModel implements AutoCloseable {
  private final Backend backend;
  private final LanguageModelConfig config;
  private final Tokenizer tokenizer;
  private final ParameterStore parameters = new ParameterStore();
  private final Layer input;
  private final RecurrentStack recurrent;
  private final Sequential head;
  private WeightStorage storage = WeightStorage.FLOAT32;

  private LanguageModel(Backend backend, LanguageModelConfig config, Tokenizer tokenizer) {
    this.backend = backend;
    this.config = config.resolve(tokenizer.size());
    this.tokenizer = tokenizer;
    input = makeInput();
    recurrent = new RecurrentStack(parameters, "rnn", spec(), recurrentInitializers(this.config));
    head = makeHead();
  }

  /**
   * A model to train, its weights drawn from the seed, but not allocated: for {@link MemoryForecast}
   * before {@link #allocate}.
   *
   * @param backend to run on; stays the caller's
   * @param config sizes and options
   * @param tokenizer its vocabulary is the model's
   * @throws IllegalArgumentException when the config does not suit the vocabulary
   */
  static LanguageModel declare(Backend backend, LanguageModelConfig config, Tokenizer tokenizer) {
    return new LanguageModel(backend, config, tokenizer);
  }

  /**
   * A model to train.
   *
   * @param backend to run on; stays the caller's
   * @param config sizes and options
   * @param tokenizer its vocabulary is the model's
   * @param seed the same seed draws the same weights
   * @throws IllegalArgumentException when the config does not suit the vocabulary
   */
  public static LanguageModel create(
      Backend backend, LanguageModelConfig config, Tokenizer tokenizer, long seed) {
    LanguageModel model = declare(backend, config, tokenizer);
    model.parameters.allocate(backend, seed);
    return model;
  }

  /**
   * A trained model, to evaluate and generate with.
   *
   * @param backend to run on; stays the caller's
   * @param file that {@link #save} wrote
   * @throws IOException when the file cannot be read or holds no language model; one sentence
   */
  public static LanguageModel load(Backend backend, Path file) throws IOException {
    return ModelFile.read(backend, file);
  }

  /**
   * A trained model whose recurrent layers are stored in fewer bytes: their weights are rounded, and
   * {@link TextGenerator} keeps them so. It scores as it generates.
   *
   * @param storage of the recurrent layers' weights; biases, embedding and output stay as they are
   * @throws IOException when the file cannot be read or holds no language model; one sentence
   * @throws IllegalArgumentException when the backend lacks the storage
   */
  public static LanguageModel load(Backend backend, Path file, WeightStorage storage)
      throws IOException {
    if (!backend.recurrent().stores(storage)) {
      throw new IllegalArgumentException(
          "the backend %s keeps weights as FLOAT32 only, not as %s; use the CPU"
              .formatted(backend.name(), storage));
    }
    LanguageModel model = load(backend, file);
    model.storage = storage;
    model.recurrent.round(storage);
    return model;
  }

  /**
   * Writes weights, config and vocabulary into one safetensors file, whole or not at all.
   *
   * @throws IOException when the file cannot be written; the one there before is unchanged then
   */
  public void save(Path file) throws IOException {
    ModelFile.write(this, file);
  }

  private Layer makeInput() {
    int vocabulary = tokenizer.size();
    if (config.embedding() == 0) {
      return new OneHot(vocabulary);
    }
    Initializer initial =
        config.tied() ? Initializer.fanIn(config.hidden()) : Initializer.normal(1);
    return new Embedding(parameters, "embedding", vocabulary, config.embedding(), initial);
  }

  private RecurrentSpec spec() {
    int inputs = config.embedding() == 0 ? tokenizer.size() : config.embedding();
    return RecurrentSpec.of(config.cell(), inputs, config.hidden())
        .withLayers(config.layers())
        .withResetBefore(config.resetBefore())
        .withDropout(config.layers() > 1 ? config.dropout() : 0);
  }

  private static RecurrentInitializers recurrentInitializers(LanguageModelConfig config) {
    RecurrentInitializers initial =
        switch (config.initialWeights()) {
          case UNIFORM -> RecurrentInitializers.uniform(config.hidden());
          case ORTHOGONAL -> RecurrentInitializers.orthogonal();
          case XAVIER ->
              new RecurrentInitializers(
                  Initializer.xavierUniform(),
                  Initializer.xavierUniform(),
                  Initializer.zeros(),
                  OptionalDouble.empty());
        };
    return Float.isNaN(config.forgetBias()) ? initial : initial.withForgetBias(config.forgetBias());
  }

  private Sequential makeHead() {
    List<Layer> layers = new ArrayList<>();
    int hidden = config.hidden();
    if (config.layerNorm()) {
      layers.add(new LayerNorm(parameters, "norm", hidden, LayerNorm.DEFAULT_EPSILON));
    }
    if (config.dropout() > 0) {
      layers.add(new Dropout(parameters, config.dropout()));
    }
    if (config.tied()) {
      layers.add(Linear.tied(parameters, "output", (Embedding) input, true));
    } else if (config.initialWeights() == LanguageModelConfig.InitialWeights.UNIFORM) {
      layers.add(new Linear(parameters, "output", hidden, tokenizer.size(), true));
    } else {
      layers.add(
          new Linear(
              parameters,
              "output",
              hidden,
              tokenizer.size(),
              Initializer.xavierUniform(),
              Initializer.zeros()));
    }
    return new Sequential(layers);
  }

  /** Where it runs. */
  public Backend backend() {
    return backend;
  }

  /** Sizes and options, the embedding size resolved. */
  public LanguageModelConfig config() {
    return config;
  }

  /** Its vocabulary. */
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /** How a generator keeps the weights of the recurrent layers. */
  WeightStorage storage() {
    return storage;
  }

  /** Its weights. */
  public ParameterStore parameters() {
    return parameters;
  }

  /** The whole chain from ids [T, B] to logits [T, B, V]. */
  Sequential layers() {
    List<Layer> all = new ArrayList<>(List.of(input, recurrent));
    all.addAll(head.layers());
    return new Sequential(all);
  }

  /** The first part: ids [...] to what the recurrent layers read, [..., E]. */
  Layer inputLayer() {
    return input;
  }

  /** The middle: [T, B, E] to [T, B, H]. */
  RecurrentStack recurrent() {
    return recurrent;
  }

  /** The last part: [..., H] to logits [..., V]. */
  Sequential head() {
    return head;
  }

  /**
   * Scores a text: every token but the first is predicted from those before it.
   *
   * @param text at least two tokens long
   * @throws IllegalArgumentException when it is shorter
   */
  public TextScore score(String text) {
    try (TextEvaluator evaluator =
        new TextEvaluator(this, new WholeText("text", tokenizer, text))) {
      return evaluator.score();
    }
  }

  /**
   * Scores the part of a corpus that was held out.
   *
   * @param data made as for training this model
   * @throws IllegalArgumentException when nothing is held out, or the vocabulary is another
   */
  public TextScore score(TextData data) {
    if (data.validation() == null) {
      throw new IllegalArgumentException("nothing is held out to score the model on");
    }
    if (!data.tokenizer().pieces().equals(tokenizer.pieces())) {
      throw new IllegalArgumentException(
          "the model's vocabulary is not that of the text: it was trained on another one");
    }
    try (TextEvaluator evaluator = new TextEvaluator(this, data.validation())) {
      return evaluator.score();
    }
  }

  /**
   * Continues a text.
   *
   * @param prompt every piece of it must be in the vocabulary; may be empty
   * @param length tokens to generate
   * @param sampling how tokens are drawn
   * @return the generated text without the prompt
   * @throws IllegalArgumentException when the prompt has a piece outside the vocabulary
   */
  public String generate(String prompt, int length, Sampling sampling) {
    StringBuilder text = new StringBuilder();
    try (TextGenerator generator = new TextGenerator(this)) {
      generator.generate(prompt, length, sampling, text::append);
    }
    return text.toString();
  }

  /** Frees the weights; closing twice does nothing. */
  @Override
  public void close() {
    parameters.close();
  }
}
