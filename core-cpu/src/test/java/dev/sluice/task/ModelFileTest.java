package dev.sluice.task;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.backend.Backend;
import dev.sluice.data.Tokenizer;
import dev.sluice.data.Tokenizers;
import dev.sluice.format.NamedArray;
import dev.sluice.format.Safetensors;
import dev.sluice.nn.Parameter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {
  @TempDir private Path folder;

  private Path save(Backend backend, LanguageModelConfig config, String kind) throws IOException {
    Tokenizer tokenizer = Tokenizers.fit(kind, List.of("one two\n\"three\" ä 😀"), 100);
    Path file = folder.resolve("m.safetensors");
    try (LanguageModel model = LanguageModel.create(backend, config, tokenizer, 3)) {
      model.save(file);
    }
    return file;
  }

  @Test
  void aModelComesBackToTheBitWithConfigAndVocabulary() throws IOException {
    for (String kind : Tokenizers.KINDS) {
      for (LanguageModelConfig config : LanguageModelTest.configs()) {
        try (Backend backend = TinyText.reference()) {
          Tokenizer tokenizer = Tokenizers.fit(kind, List.of("one two\n\"three\" ä 😀"), 100);
          Path file = folder.resolve("m.safetensors");
          try (LanguageModel model = LanguageModel.create(backend, config, tokenizer, 3)) {
            model.save(file);
            try (LanguageModel loaded = LanguageModel.load(backend, file)) {
              assertEquals(tokenizer.pieces(), loaded.tokenizer().pieces());
              assertEquals(kind, loaded.tokenizer().kind());
              assertEquals(model.config().embedding(), loaded.config().embedding());
              assertEquals(model.config().cell(), loaded.config().cell());
              for (Parameter parameter : model.parameters().parameters()) {
                assertArrayEquals(
                    parameter.value().toFloats(),
                    loaded.parameters().parameter(parameter.name()).value().toFloats(),
                    parameter.name());
              }
              assertEquals(
                  model.generate("one", 20, Sampling.DEFAULT),
                  loaded.generate("one", 20, Sampling.DEFAULT));
            }
          }
        }
      }
    }
  }

  @Test
  void savingTwiceGivesTheSameBytes() throws IOException {
    try (Backend backend = TinyText.reference()) {
      Path file = save(backend, LanguageModelConfig.DEFAULT.withSize(1, 3), "char");
      byte[] first = Files.readAllBytes(file);
      assertArrayEquals(
          first,
          Files.readAllBytes(save(backend, LanguageModelConfig.DEFAULT.withSize(1, 3), "char")));
    }
  }

  /** Cut anywhere, even by one byte, a file is refused with its name. */
  @Test
  void truncatedFilesAreRefused() throws IOException {
    try (Backend backend = TinyText.reference()) {
      byte[] whole =
          Files.readAllBytes(save(backend, LanguageModelConfig.DEFAULT.withSize(1, 3), "char"));
      for (int length : new int[] {0, 7, 8, 100, whole.length / 2, whole.length - 1}) {
        Path cut = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, length));
        refused(backend, cut);
      }
      refused(backend, folder.resolve("missing"));
    }
  }

  private static String refused(Backend backend, Path file) {
    String message =
        assertThrows(IOException.class, () -> LanguageModel.load(backend, file)).getMessage();
    assertTrue(message.contains(file.toString()), message);
    assertEquals(1, message.lines().count(), message);
    return message;
  }

  @Test
  void foreignFilesAreRefusedWithWhatIsWrong() throws IOException {
    try (Backend backend = TinyText.reference()) {
      Path file = folder.resolve("foreign");
      Files.writeString(file, "PK and other things that are no safetensors file at all");
      refused(backend, file);

      List<NamedArray> arrays = List.of(new NamedArray.Floats("w", new int[] {2}, new float[2]));
      Safetensors.write(file, arrays, Map.of());
      assertTrue(refused(backend, file).contains("no language model"));

      String config =
          "{\"cell\":\"LSTM\",\"resetBefore\":false,\"layers\":1,\"hidden\":2,\"embedding\":2,"
              + "\"dropout\":0,\"tied\":false,\"layerNorm\":false}";
      String tokenizer = "{\"kind\":\"char\",\"pieces\":[\"\uFFFD\",\"a\",\"b\"]}";
      Map<String, Map<String, String>> cases =
          Map.of(
              "'config'", Map.of("tokenizer", tokenizer),
              "no JSON object", Map.of("config", "[]", "tokenizer", tokenizer),
              "'tokenizer'", Map.of("config", config, "tokenizer", "{"),
              "it has no pieces", Map.of("config", config, "tokenizer", "{\"kind\":\"char\"}"),
              "no tokenizer 'x'",
                  Map.of("config", config, "tokenizer", "{\"kind\":\"x\",\"pieces\":[]}"),
              "it has no hidden",
                  Map.of("config", config.replace("hidden", "hid"), "tokenizer", tokenizer),
              "hidden must be at least 1",
                  Map.of("config", config.replace("n\":2", "n\":0"), "tokenizer", tokenizer),
              "embedding.weight", Map.of("config", config, "tokenizer", tokenizer));
      for (Map.Entry<String, Map<String, String>> entry : cases.entrySet()) {
        Map<String, String> metadata = new HashMap<>(entry.getValue());
        metadata.put("format", "sluice-language-model-1");
        Safetensors.write(file, arrays, metadata);
        String message = refused(backend, file);
        assertTrue(message.contains(entry.getKey()), message);
      }
    }
  }
}
