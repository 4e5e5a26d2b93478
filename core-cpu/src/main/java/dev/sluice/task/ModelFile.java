package dev.sluice.task;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.backend.Backend;
import dev.sluice.backend.CellType;
import dev.sluice.backend.Shape;
import dev.sluice.data.Tokenizer;
import dev.sluice.data.Tokenizers;
import dev.sluice.format.NamedArray;
import dev.sluice.format.Safetensors;
import dev.sluice.format.SafetensorsReader;
import dev.sluice.nn.Parameter;
import dev.sluice.task.LanguageModelConfig.InitialWeights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A language model as a file: safetensors with one array for each parameter, under its name and with
 * its shape, and this metadata:
 *
 * <pre>
 *   format      sluice-language-model-1
 *   config      {"cell": "LSTM", "layers": 1, "hidden": 256, …}
 *   tokenizer   {"kind": "char", "pieces": ["\uFFFD", " ", "e", …]}
 * </pre>
 */
final class ModelFile {
  private static final String FORMAT = "sluice-language-model-1";
  private static final ObjectMapper JSON = new ObjectMapper();

  private ModelFile() {}

  static void write(LanguageModel model, Path file) throws IOException {
    List<NamedArray> arrays = new ArrayList<>();
    for (Parameter parameter : model.parameters().parameters()) {
      arrays.add(
          new NamedArray.FloatSource(
              parameter.name(),
              extents(parameter.shape()),
              (from, chunk, count) ->
                  parameter.value().slice(from, Shape.of(count)).download(chunk, 0)));
    }
    Map<String, String> metadata =
        Map.of(
            "format",
            FORMAT,
            "config",
            describe(model.config()).toString(),
            "tokenizer",
            describe(model.tokenizer()).toString());
    Safetensors.write(file, arrays, metadata);
  }

  static LanguageModel read(Backend backend, Path file) throws IOException {
    try (SafetensorsReader reader = Safetensors.open(file)) {
      String format = reader.metadata().get("format");
      if (!FORMAT.equals(format)) {
        throw new IOException(
            file
                + " is no language model that Sluice wrote: its metadata has "
                + (format == null ? "no format" : "the format '" + format + "'")
                + ", where "
                + FORMAT
                + " is expected");
      }
      LanguageModel model =
          LanguageModel.declare(
              backend,
              config(file, section(file, reader, "config")),
              tokenizer(file, section(file, reader, "tokenizer")));
      for (Parameter parameter : model.parameters().parameters()) {
        reader.require(parameter.name(), extents(parameter.shape()));
      }
      model.parameters().allocateForInference(backend);
      try {
        for (Parameter parameter : model.parameters().parameters()) {
          parameter.value().upload(reader.floats(parameter.name()), 0);
        }
      } catch (IOException | RuntimeException | Error e) {
        model.close();
        throw e;
      }
      return model;
    }
  }

  private static int[] extents(Shape shape) {
    return IntStream.range(0, shape.rank()).map(shape::dim).toArray();
  }

  private static ObjectNode describe(LanguageModelConfig config) {
    ObjectNode node = JSON.createObjectNode();
    node.put("cell", config.cell().name());
    node.put("resetBefore", config.resetBefore());
    node.put("layers", config.layers());
    node.put("hidden", config.hidden());
    node.put("embedding", config.embedding());
    node.put("dropout", config.dropout());
    node.put("tied", config.tied());
    node.put("layerNorm", config.layerNorm());
    return node;
  }

  private static ObjectNode describe(Tokenizer tokenizer) {
    ObjectNode node = JSON.createObjectNode();
    node.put("kind", tokenizer.kind());
    tokenizer.pieces().forEach(node.putArray("pieces")::add);
    return node;
  }

  private static JsonNode section(Path file, SafetensorsReader reader, String key)
      throws IOException {
    String text = reader.metadata().get(key);
    try {
      JsonNode node = text == null ? null : JSON.readTree(text);
      if (node != null && node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException e) {
      throw damaged(file, key, e.getOriginalMessage());
    }
    throw damaged(file, key, text == null ? "it is missing" : "it is no JSON object");
  }

  private static LanguageModelConfig config(Path file, JsonNode node) throws IOException {
    try {
      return new LanguageModelConfig(
          CellType.valueOf(required(node, "cell").asText()),
          required(node, "resetBefore").asBoolean(),
          required(node, "layers").asInt(),
          required(node, "hidden").asInt(),
          required(node, "embedding").asInt(),
          (float) required(node, "dropout").asDouble(),
          required(node, "tied").asBoolean(),
          required(node, "layerNorm").asBoolean(),
          Float.NaN,
          InitialWeights.UNIFORM);
    } catch (IllegalArgumentException e) {
      throw damaged(file, "config", e.getMessage());
    }
  }

  private static Tokenizer tokenizer(Path file, JsonNode node) throws IOException {
    try {
      List<String> pieces = new ArrayList<>();
      required(node, "pieces").forEach(piece -> pieces.add(piece.asText()));
      return Tokenizers.restore(required(node, "kind").asText(), pieces);
    } catch (IllegalArgumentException e) {
      throw damaged(file, "tokenizer", e.getMessage());
    }
  }

  private static JsonNode required(JsonNode node, String field) {
    JsonNode value = node.get(field);
    if (value == null) {
      throw new IllegalArgumentException("it has no " + field);
    }
    return value;
  }

  private static IOException damaged(Path file, String key, String what) {
    return new IOException(
        "%s is damaged: its metadata '%s' cannot be used, %s".formatted(file, key, what));
  }
}
