package dev.sluice.data;

import java.io.IOException;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Finds the public classes of the running JDK's {@code java.base} module. */
final class JdkDeclarations {
  private JdkDeclarations() {}

  /** One document for each public top-level class of the {@code java} packages, by name. */
  static List<Document> ofRuntime() throws IOException {
    List<Document> documents = new ArrayList<>();
    for (String name : topLevelClasses()) {
      Class<?> type = load(name);
      if (Modifier.isPublic(type.getModifiers())) {
        documents.add(
            new Document(
                name.replace('.', '/') + ".java", new DeclarationWriter(type).compilationUnit()));
      }
    }
    return documents;
  }

  private static List<String> topLevelClasses() throws IOException {
    Path root = FileSystems.getFileSystem(URI.create("jrt:/")).getPath("/modules/java.base");
    try (Stream<Path> files = Files.walk(root.resolve("java"))) {
      return files
          .map(file -> root.relativize(file).toString())
          .filter(file -> file.endsWith(".class") && !file.contains("$") && !file.contains("-info"))
          .map(file -> file.substring(0, file.length() - ".class".length()).replace('/', '.'))
          .sorted()
          .toList();
    }
  }

  private static Class<?> load(String name) {
    try {
      // Not initialised: their static code is of no use here.
      return Class.forName(name, false, ClassLoader.getPlatformClassLoader());
    } catch (ClassNotFoundException e) {
      throw new IllegalStateException("the runtime lists " + name + " but cannot load it", e);
    }
  }
}
