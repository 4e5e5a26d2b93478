package dev.sluice.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.sluice.format.NamedArray.FloatSource;
import dev.sluice.format.NamedArray.Floats;
import dev.sluice.format.NamedArray.Ints;
import dev.sluice.format.NamedArray.Longs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameFile() {
    file = folder.resolve("model.safetensors");
  }

  /** A file with this header, unpadded, and these bytes after it. */
  private Path write(String header, byte[] data) throws IOException {
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    ByteBuffer bytes =
        ByteBuffer.allocate(8 + json.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(json.length).put(json).put(data);
    return Files.write(file, bytes.array());
  }

  private String failure() {
    String message =
        assertThrows(IOException.class, () -> Safetensors.open(file).close()).getMessage();
    assertTrue(message.contains(file.toString()), message);
    return message;
  }

  @Test
  void theBytesAreThoseOfTheSpecification() throws IOException {
    Safetensors.write(
        file,
        List.of(
            new Floats("w", new int[] {1, 2}, new float[] {1, -2.5f}),
            new Ints("n", new int[] {}, new int[] {-1}),
            new Longs("k", new int[] {1}, new long[] {258})),
        Map.of("b", "é\"", "a", ""));
    String header =
        "{\"__metadata__\":{\"a\":\"\",\"b\":\"é\\\"\"},"
            + "\"w\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[8,16]},"
            + "\"n\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[16,20]},"
            + "\"k\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}";
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    byte[] json = header.getBytes(StandardCharsets.UTF_8);
    int padded = (json.length + 7) / 8 * 8;
    assertTrue(padded > json.length, "the padding is to be seen");
    expected.writeBytes(new byte[] {(byte) padded, 0, 0, 0, 0, 0, 0, 0});
    expected.writeBytes(json);
    expected.writeBytes(" ".repeat(padded - json.length).getBytes(StandardCharsets.UTF_8));
    expected.writeBytes(
        HexFormat.of().parseHex("0201000000000000" + "0000803f000020c0" + "ffffffff"));
    assertArrayEquals(expected.toByteArray(), Files.readAllBytes(file));
  }

  /** Sizes around the 64 KB through which everything passes, and empty arrays. */
  @ParameterizedTest
  @CsvSource({"0", "1", "8191", "8192", "8193", "16383", "16384", "16385", "50021"})
  void whatWasWrittenIsRead(int size) throws IOException {
    Random random = new Random(size);
    float[] floats = new float[size];
    int[] ints = new int[size];
    long[] longs = new long[size];
    for (int i = 0; i < size; i++) {
      ints[i] = random.nextInt();
      longs[i] = random.nextLong();
      floats[i] = Float.intBitsToFloat(random.nextInt());
    }
    List<NamedArray> arrays =
        List.of(
            new Ints("ints", new int[] {size}, ints),
            new Floats("floats", new int[] {1, size, 1}, floats),
            new Floats("scalar", new int[] {}, new float[] {Float.NaN}),
            new Longs("longs", new int[] {size}, longs),
            new FloatSource(
                "fetched",
                new int[] {size},
                (from, chunk, count) -> System.arraycopy(floats, (int) from, chunk, 0, count)));
    Map<String, String> metadata = new TreeMap<>(Map.of("a", "x\n\u0000\uD83D\uDE00", "", "y"));
    Safetensors.write(file, arrays, metadata);
    try (SafetensorsReader reader = Safetensors.open(file)) {
      assertEquals(metadata, reader.metadata());
      assertEquals(
          List.of("ints", "floats", "scalar", "longs", "fetched"),
          List.copyOf(reader.arrays().keySet()));
      for (ArrayInfo info : reader.arrays().values()) {
        assertEquals(0, info.begin() % info.type().bytes(), "alignment of " + info.name());
      }
      assertArrayEquals(ints, reader.ints("ints"));
      assertArrayEquals(longs, reader.longs("longs"));
      assertArrayEquals(bits(floats), bits(reader.floats("floats")));
      assertArrayEquals(bits(floats), bits(reader.floats("fetched")));
      assertArrayEquals(new int[] {1, size, 1}, reader.arrays().get("floats").shape());
      assertEquals(size, reader.require("floats", 1, size, 1).elements());
      assertTrue(Float.isNaN(reader.floats("scalar")[0]));
    }
  }

  /** NaNs keep their payload: assertArrayEquals on floats would not see it. */
  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(values[i]));
    return bits;
  }

  @Test
  void aPartOfAnArrayIsRead() throws IOException {
    float[] values = new float[40_000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Safetensors.write(
        file,
        List.of(
            new Floats("before", new int[] {3}, new float[3]),
            new Floats("w", new int[] {200, 200}, values)),
        Map.of());
    try (SafetensorsReader reader = Safetensors.open(file)) {
      assertTrue(reader.metadata().isEmpty());
      float[] target = new float[30_002];
      reader.readFloats("w", 9_999, target, 1, 30_000);
      assertEquals(0, target[0]);
      assertEquals(9_999, target[1]);
      assertEquals(39_998, target[30_000]);
      assertEquals(0, target[30_001]);
      reader.readFloats("w", 40_000, target, 30_002, 0);
      int[][] wrong = {{-1, 0, 1}, {40_000, 0, 1}, {0, -1, 1}, {0, 30_002, 1}, {0, 0, -1}};
      for (int[] w : wrong) {
        assertThrows(
            IllegalArgumentException.class, () -> reader.readFloats("w", w[0], target, w[1], w[2]));
      }
    }
  }

  @Test
  void otherPrecisionsAreReadAsFloats() throws IOException {
    ByteBuffer data = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
    data.putDouble(0.1).putDouble(-1e300);
    data.putShort((short) 0x3C00).putShort((short) 0xFBFF).putShort((short) 0x0001);
    data.putShort((short) 0x3F80).putShort((short) 0xC040).putShort((short) 0x7F80);
    data.putFloat(2);
    write(
        "{\"d\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]},"
            + " \"bf\":{\"shape\":[3],\"data_offsets\":[22,28],\"dtype\":\"BF16\"},"
            + " \"h\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[16,22]},"
            + " \"f\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[28,32]}}  ",
        data.array());
    try (SafetensorsReader reader = Safetensors.open(file)) {
      assertEquals(List.of("d", "bf", "h", "f"), List.copyOf(reader.arrays().keySet()));
      assertArrayEquals(new float[] {0.1f, Float.NEGATIVE_INFINITY}, reader.floats("d"));
      assertArrayEquals(new float[] {1, -65504, 0x1p-24f}, reader.floats("h"));
      assertArrayEquals(new float[] {1, -3, Float.POSITIVE_INFINITY}, reader.floats("bf"));
      assertArrayEquals(new float[] {2}, reader.floats("f"));
    }
  }

  @Test
  void anArrayThatIsAbsentOrOfAnotherTypeOrShapeIsNamed() throws IOException {
    Safetensors.write(
        file,
        List.of(
            new Floats("w", new int[] {2, 3}, new float[6]),
            new Ints("n", new int[] {1}, new int[1])),
        Map.of());
    try (SafetensorsReader reader = Safetensors.open(file)) {
      var e = assertThrows(IOException.class, () -> reader.floats("v"));
      assertEquals(file + " has no array v", e.getMessage());
      assertThrows(IOException.class, () -> reader.require("v"));
      e = assertThrows(IOException.class, () -> reader.require("w", 3, 2));
      assertEquals(file + " has w with the shape [2, 3], where [3, 2] is expected", e.getMessage());
      e = assertThrows(IOException.class, () -> reader.longs("n"));
      assertEquals(file + " has n as I32, where I64 is expected", e.getMessage());
      assertThrows(IOException.class, () -> reader.ints("w"));
      e = assertThrows(IOException.class, () -> reader.floats("n"));
      assertEquals(
          file + " has n as I32, where floating-point numbers are expected", e.getMessage());
    }
  }

  /** Cut at each of its bytes, a file is refused with a sentence; so it is with more bytes. */
  @Test
  void aTruncatedFileIsRefusedWhereverItIsCut() throws IOException {
    Safetensors.write(
        file, List.of(new Floats("w", new int[] {5}, new float[5])), Map.of("key", "value"));
    byte[] whole = Files.readAllBytes(file);
    List<String> messages = new ArrayList<>();
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      messages.add(failure());
    }
    assertTrue(messages.get(0).endsWith("it has 0 bytes"), messages.get(0));
    assertEquals(
        file + " is truncated: its arrays take 20 bytes, but 19 are there", messages.getLast());
    Files.write(file, Arrays.copyOf(whole, whole.length + 3));
    assertEquals(
        file + " is damaged: 3 bytes follow its arrays, which end at byte " + whole.length,
        failure());
    Files.write(file, whole);
    Safetensors.open(file).close();
  }

  @Test
  void foreignFilesAreRefused() throws IOException {
    String foreign = file + " is not a safetensors file, or the beginning of one: ";
    Files.writeString(file, "PK\u0003\u0004 and so on");
    assertEquals(
        foreign
            + "it would have a header of 7236828441365138256 bytes, where 2 to 100000000 are"
            + " possible",
        failure());
    Files.write(file, new byte[64]);
    assertTrue(failure().startsWith(foreign + "it would have a header of 0 bytes"));
    Files.write(file, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, 1});
    assertTrue(failure().startsWith(foreign + "it would have a header of 18446744073709551615"));
    Files.write(file, new byte[] {99, 0, 0, 0, 0, 0, 0, 0, '{', '}'});
    assertEquals(foreign + "its header would have 99 bytes, but the file has only 10", failure());
    write("[]", new byte[0]);
    assertEquals(foreign + "its header does not begin with '{'", failure());
    Files.delete(file);
    assertEquals("there is no file " + file, failure());
    Files.createDirectory(file);
    assertEquals(file + " is a folder, not a safetensors file", failure());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"w"                                                            | not JSON
          {} {}                                                           | not JSON
          {"w":{},"w":{}}                                                 | not JSON
          {"w":3}                                                         | described by dtype
          {"w":{"dtype":"F32","shape":[2]}}                               | described by dtype
          {"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}    | described by dtype
          {"w":{"dtype":"BOOL","shape":[8],"data_offsets":[0,8]}}         | element type BOOL
          {"w":{"dtype":32,"shape":[2],"data_offsets":[0,8]}}             | element type 32
          {"w":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}            | has the shape 2
          {"w":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}        | has the shape [2.0]
          {"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}         | has the shape [-2]
          {"w":{"dtype":"F32","shape":[4294967298],"data_offsets":[0,8]}} | has the shape
          {"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}          | needs 12
          {"w":{"dtype":"F32","shape":[2],"data_offsets":[0,"8"]}}        | two byte positions
          {"w":{"dtype":"F32","shape":[2],"data_offsets":[0]}}            | two byte positions
          {"w":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}         | two byte positions
          {"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}          | takes bytes 8 to 0
          {"w":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}         | none covers it from byte 0
          {"w":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}} | impossible
          {"v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}} | another array reaches to byte 4
          {"__metadata__":[]}                                             | not a JSON object
          {"__metadata__":{"a":1}}                                        | entry a is not a string
          """)
  void aDamagedHeaderIsRefusedWithTheReason(String header, String reason) throws IOException {
    write(header, new byte[8]);
    String message = failure();
    assertTrue(message.startsWith(file + " is no valid safetensors file: "), message);
    assertTrue(message.contains(reason), message);
    assertTrue(message.indexOf('\n') < 0, message);
  }

  /** Any byte changed at random: read, or refused with a sentence, but never another exception. */
  @Test
  void randomDamageNeverEndsInAnotherException() throws IOException {
    Safetensors.write(
        file,
        List.of(
            new Floats("w", new int[] {2, 3}, new float[6]),
            new Longs("n", new int[] {1}, new long[1])),
        Map.of("key", "value"));
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(7);
    int refused = 0;
    for (int round = 0; round < 600; round++) {
      byte[] damaged = whole.clone();
      for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
        damaged[random.nextInt(damaged.length)] =
            random.nextBoolean() ? (byte) random.nextInt() : whole[random.nextInt(whole.length)];
      }
      Files.write(file, damaged);
      try (SafetensorsReader reader = Safetensors.open(file)) {
        for (ArrayInfo info : reader.arrays().values()) {
          assertTrue(info.elements() >= 0);
        }
      } catch (IOException e) {
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
        refused++;
      }
    }
    assertTrue(refused > 200, refused + " refused");
  }

  @Test
  void arraysThatCannotBeWrittenAreRefusedBeforeTheFileIsTouched() throws IOException {
    Files.writeString(file, "old");
    Floats w = new Floats("w", new int[] {1}, new float[1]);
    assertThrows(
        IllegalArgumentException.class, () -> Safetensors.write(file, List.of(w, w), Map.of()));
    Floats reserved = new Floats("__metadata__", new int[] {1}, new float[1]);
    assertThrows(
        IllegalArgumentException.class, () -> Safetensors.write(file, List.of(reserved), Map.of()));
    var e =
        assertThrows(
            IllegalArgumentException.class,
            () -> Safetensors.write(file, List.of(), Map.of("k", "v".repeat(100_000_000))));
    assertTrue(e.getMessage().contains("at most 100000000"), e.getMessage());
    assertEquals("old", Files.readString(file));
    e =
        assertThrows(
            IllegalArgumentException.class, () -> new Floats("w", new int[] {2, 3}, new float[5]));
    assertEquals("array w of shape [2, 3] cannot hold 5 values", e.getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> new Ints("n", new int[] {-1, -1}, new int[1]));
    assertThrows(IllegalArgumentException.class, () -> new Longs("n", new int[] {}, new long[0]));
    assertThrows(
        IllegalArgumentException.class,
        () -> new FloatSource("f", new int[] {-1}, (_, _, _) -> {}));
  }

  @Test
  void aSourceThatFailsLeavesTheOldFile() throws IOException {
    Files.writeString(file, "old");
    FloatSource fails =
        new FloatSource(
            "w",
            new int[] {100_000},
            (from, _, _) -> {
              if (from > 0) {
                throw new IllegalStateException("device lost");
              }
            });
    assertThrows(
        IllegalStateException.class, () -> Safetensors.write(file, List.of(fails), Map.of()));
    assertEquals("old", Files.readString(file));
  }
}
