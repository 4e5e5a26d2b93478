package dev.sluice.format;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The JSON header of a safetensors file: the names, types, shapes and places of its arrays.
 *
 * @param metadata strings for the reader's use, by key
 * @param arrays by name, in the order of the header
 */
record SafetensorsHeader(Map<String, String> metadata, Map<String, ArrayInfo> arrays) {
  /** The format's own limit, against files that only look like one. */
  static final int MAX_BYTES = 100_000_000;

  private static final String METADATA = "__metadata__";

  private static final JsonMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxStringLength(MAX_BYTES)
                          .maxNameLength(MAX_BYTES)
                          .build())
                  .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** What is wrong with a header, without the file's name. */
  static final class InvalidHeaderException extends Exception {
    private static final long serialVersionUID = 1;

    InvalidHeaderException(String message) {
      super(message);
    }
  }

  /**
   * Lays out arrays: the header lists them in the order given, the data holds those with the widest
   * elements first, so that each begins at a multiple of its element's size.
   *
   * @throws IllegalArgumentException when a name is used twice or reserved
   */
  static SafetensorsHeader layOut(Collection<NamedArray> arrays, Map<String, String> metadata) {
    Map<String, ArrayInfo> infos = new LinkedHashMap<>();
    for (NamedArray array : arrays) {
      if (array.name().equals(METADATA)) {
        throw new IllegalArgumentException("an array cannot have the reserved name " + METADATA);
      }
      ElementType type =
          switch (array) {
            case NamedArray.Floats _, NamedArray.FloatSource _ -> ElementType.F32;
            case NamedArray.Ints _ -> ElementType.I32;
            case NamedArray.Longs _ -> ElementType.I64;
          };
      long bytes = array.elements() * type.bytes();
      var info = new ArrayInfo(array.name(), type, array.shape(), 0, bytes);
      if (infos.put(array.name(), info) != null) {
        throw new IllegalArgumentException("two arrays have the name " + array.name());
      }
    }
    long at = 0;
    for (ArrayInfo info : byWidth(infos.values())) {
      var placed = new ArrayInfo(info.name(), info.type(), info.shape(), at, at + info.end());
      infos.replace(info.name(), placed);
      at = placed.end();
    }
    // Sorted: the order of Map.of differs from one start of the JVM to the next.
    return new SafetensorsHeader(new TreeMap<>(metadata), infos);
  }

  private static List<ArrayInfo> byWidth(Collection<ArrayInfo> infos) {
    List<ArrayInfo> sorted = new ArrayList<>(infos);
    sorted.sort(Comparator.comparingInt((ArrayInfo info) -> -info.type().bytes()));
    return sorted;
  }

  /** The header's JSON, padded with spaces to a multiple of 8 bytes. */
  byte[] toBytes() {
    ObjectNode root = JSON.createObjectNode();
    if (!metadata.isEmpty()) {
      ObjectNode strings = root.putObject(METADATA);
      metadata.forEach(strings::put);
    }
    for (ArrayInfo info : arrays.values()) {
      ObjectNode node = root.putObject(info.name());
      node.put("dtype", info.type().name());
      var shape = node.putArray("shape");
      for (int extent : info.shape()) {
        shape.add(extent);
      }
      node.putArray("data_offsets").add(info.begin()).add(info.end());
    }
    byte[] json;
    try {
      json = JSON.writeValueAsBytes(root);
    } catch (JacksonException e) {
      throw new IllegalStateException("a header of strings and numbers could not be written", e);
    }
    byte[] padded = Arrays.copyOf(json, (json.length + 7) / 8 * 8);
    Arrays.fill(padded, json.length, padded.length, (byte) ' ');
    return padded;
  }

  /** Reads and checks a header. */
  static SafetensorsHeader parse(byte[] json) throws InvalidHeaderException {
    JsonNode root;
    try {
      root = JSON.readTree(json);
    } catch (JacksonException e) {
      throw new InvalidHeaderException("its header is not JSON: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new InvalidHeaderException("its header is not JSON: " + e.getMessage());
    }
    if (!(root instanceof ObjectNode object)) {
      throw new InvalidHeaderException("its header is not a JSON object");
    }
    Map<String, String> metadata = new TreeMap<>();
    Map<String, ArrayInfo> arrays = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : object.properties()) {
      if (field.getKey().equals(METADATA)) {
        readMetadata(field.getValue(), metadata);
      } else {
        arrays.put(field.getKey(), readArray(field.getKey(), field.getValue()));
      }
    }
    SafetensorsHeader header =
        new SafetensorsHeader(
            Collections.unmodifiableMap(metadata), Collections.unmodifiableMap(arrays));
    header.requireContiguous();
    return header;
  }

  /** Bytes of all arrays. */
  long dataBytes() {
    return arrays.values().stream().mapToLong(ArrayInfo::end).max().orElse(0);
  }

  private static void readMetadata(JsonNode node, Map<String, String> metadata)
      throws InvalidHeaderException {
    if (!node.isObject()) {
      throw new InvalidHeaderException(METADATA + " is not a JSON object");
    }
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (!field.getValue().isTextual()) {
        throw new InvalidHeaderException(
            METADATA + " entry " + field.getKey() + " is not a string");
      }
      metadata.put(field.getKey(), field.getValue().textValue());
    }
  }

  private static ArrayInfo readArray(String name, JsonNode node) throws InvalidHeaderException {
    if (!node.isObject() || node.size() != 3) {
      throw new InvalidHeaderException(
          "array " + name + " is not described by dtype, shape and data_offsets alone");
    }
    ElementType type = readType(name, node.path("dtype"));
    int[] shape = readShape(name, node.path("shape"));
    JsonNode offsets = node.path("data_offsets");
    if (!offsets.isArray()
        || offsets.size() != 2
        || !isOffset(offsets.get(0))
        || !isOffset(offsets.get(1))) {
      throw new InvalidHeaderException(
          "array " + name + " has data_offsets " + offsets + " instead of two byte positions");
    }
    long begin = offsets.get(0).longValue();
    long end = offsets.get(1).longValue();
    long bytes = type.bytes();
    try {
      for (int extent : shape) {
        bytes = Math.multiplyExact(bytes, extent);
      }
    } catch (ArithmeticException _) {
      throw new InvalidHeaderException(
          "array " + name + " has an impossible shape " + Arrays.toString(shape));
    }
    if (end - begin != bytes) {
      throw new InvalidHeaderException(
          "array "
              + name
              + " takes bytes "
              + begin
              + " to "
              + end
              + ", but "
              + type
              + " "
              + Arrays.toString(shape)
              + " needs "
              + bytes);
    }
    return new ArrayInfo(name, type, shape, begin, end);
  }

  private static boolean isOffset(JsonNode node) {
    return node.isIntegralNumber() && node.canConvertToLong() && node.longValue() >= 0;
  }

  private static ElementType readType(String name, JsonNode node) throws InvalidHeaderException {
    for (ElementType type : ElementType.values()) {
      if (type.name().equals(node.textValue())) {
        return type;
      }
    }
    throw new InvalidHeaderException(
        "array "
            + name
            + " has the element type "
            + (node.isTextual() ? node.textValue() : node)
            + ", which is not read here: convert it to one of "
            + Arrays.toString(ElementType.values()));
  }

  private static int[] readShape(String name, JsonNode node) throws InvalidHeaderException {
    int[] shape = new int[node.size()];
    boolean valid = node.isArray();
    for (int axis = 0; axis < shape.length && valid; axis++) {
      JsonNode extent = node.get(axis);
      valid = extent.isIntegralNumber() && extent.canConvertToInt() && extent.intValue() >= 0;
      shape[axis] = valid ? extent.intValue() : 0;
    }
    if (!valid) {
      throw new InvalidHeaderException(
          "array " + name + " has the shape " + node + " instead of a list of extents below 2^31");
    }
    return shape;
  }

  /** The arrays must cover the data without holes or overlaps. */
  private void requireContiguous() throws InvalidHeaderException {
    List<ArrayInfo> sorted = new ArrayList<>(arrays.values());
    sorted.sort(Comparator.comparingLong(ArrayInfo::begin).thenComparingLong(ArrayInfo::end));
    long at = 0;
    for (ArrayInfo info : sorted) {
      if (info.begin() != at) {
        throw new InvalidHeaderException(
            "array "
                + info.name()
                + " begins at byte "
                + info.begin()
                + " of the data, but "
                + (info.begin() < at
                    ? "another array reaches to byte "
                    : "none covers it from byte ")
                + at
                + (info.begin() < at ? "" : " on"));
      }
      at = info.end();
    }
  }
}
