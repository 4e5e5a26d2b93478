package dev.sluice.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The keys of a YAML file of options: one level, each with a value or a list of values. Knows the
 * line of each key for the error messages.
 */
final class ConfigFile {
  /**
   * One key of the file.
   *
   * @param line where the key stands, from 1
   * @param values what the file gives it, as text
   * @param list whether the file gives it a list
   */
  record Entry(int line, List<String> values, boolean list) {}

  private final Path path;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private ConfigFile(Path path) {
    this.path = path;
  }

  /**
   * Reads a file.
   *
   * @throws UsageException when it is not YAML of the form {@code key: value}
   * @throws IOException when it cannot be read
   */
  static ConfigFile read(Path path) throws IOException {
    ConfigFile file = new ConfigFile(path);
    String text;
    try {
      text = Files.readString(path);
    } catch (MalformedInputException _) {
      throw new UsageException(path + " is not a text file in UTF-8");
    }
    try (YAMLParser parser = new YAMLFactory().createParser(text)) {
      file.readTop(parser);
    } catch (JsonProcessingException e) {
      String cause = e.getOriginalMessage().lines().findFirst().orElse("unreadable");
      throw new UsageException(
          "%s, line %d: not valid YAML (%s)"
              .formatted(path, e.getLocation() == null ? 1 : e.getLocation().getLineNr(), cause));
    }
    return file;
  }

  /** The keys in the order of the file. */
  Map<String, Entry> entries() {
    return entries;
  }

  /** An error at one line of this file. */
  UsageException error(int line, String what) {
    return new UsageException("%s, line %d: %s".formatted(path, line, what));
  }

  private void readTop(YAMLParser parser) throws IOException {
    JsonToken token = parser.nextToken();
    if (token == null) {
      return;
    }
    if (token != JsonToken.START_OBJECT) {
      throw error(line(parser), "expected lines of the form 'key: value'");
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String key = parser.currentName();
      int line = line(parser);
      Entry entry = readValue(parser, key, line);
      Entry earlier = entries.put(key, entry);
      if (earlier != null) {
        throw error(line, "the key '" + key + "' was given before, in line " + earlier.line());
      }
    }
  }

  private Entry readValue(YAMLParser parser, String key, int line) throws IOException {
    JsonToken token = parser.nextToken();
    if (token != JsonToken.START_ARRAY) {
      return new Entry(line, List.of(scalar(parser, token, key)), false);
    }
    List<String> values = new ArrayList<>();
    for (token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
      values.add(scalar(parser, token, key));
    }
    return new Entry(line, List.copyOf(values), true);
  }

  private String scalar(YAMLParser parser, JsonToken token, String key) throws IOException {
    if (token == null || !token.isScalarValue()) {
      throw error(line(parser), "the key '" + key + "' must have a plain value, not a group");
    }
    if (token == JsonToken.VALUE_NULL) {
      throw error(line(parser), "the key '" + key + "' has no value");
    }
    return parser.getText();
  }

  private static int line(YAMLParser parser) {
    return parser.currentTokenLocation().getLineNr();
  }
}
