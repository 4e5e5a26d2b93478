package dev.sluice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.JavaFormatterOptions.Style;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every Java file is laid out as google-java-format does it; Javadoc is left as written. */
class FormatTest {
  private static final List<String> MODULES =
      List.of(
          "core-cpu",
          "core-gpu",
          "kernels",
          "bench",
          "bench/peers/pytorch",
          "bench/peers/dl4j",
          "bench/peers/onnxruntime");

  @Test
  void everySourceFileIsFormatted() throws Exception {
    boolean write = Boolean.getBoolean("sluice.format");
    Formatter formatter =
        new Formatter(
            JavaFormatterOptions.builder().style(Style.GOOGLE).formatJavadoc(false).build());
    List<Path> files = sources();
    assertTrue(files.size() > 20, "found only " + files.size() + " source files");
    List<Path> wrong = new ArrayList<>();
    for (Path file : files) {
      String source = Files.readString(file);
      String tidied =
          ImportOrderer.reorderImports(
              RemoveUnusedImports.removeUnusedImports(source), Style.GOOGLE);
      String formatted = formatter.formatSource(tidied);
      if (!formatted.equals(source)) {
        wrong.add(file);
        if (write) {
          Files.writeString(file, formatted);
        }
      }
    }
    if (!write) {
      assertEquals(
          List.of(),
          wrong,
          "not formatted; run: mvn -q test -pl core-cpu -Dtest=FormatTest"
              + " -Dsluice.test.jvm=-Dsluice.format=true");
    }
  }

  private static List<Path> sources() throws IOException {
    Path root = Path.of("").toAbsolutePath().getParent();
    List<Path> files = new ArrayList<>();
    for (String module : MODULES) {
      Path folder = root.resolve(module).resolve("src");
      if (Files.isDirectory(folder)) {
        try (Stream<Path> found = Files.walk(folder)) {
          found.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
        }
      }
    }
    return files;
  }
}
