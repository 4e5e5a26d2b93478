package dev.sluice.cuda;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The fields of each kernel's argument struct, read from {@code arguments.cuh}: that file is the
 * one place that says them, and every launch is checked against it.
 */
final class KernelLayouts {
  private static final Pattern KERNELS = Pattern.compile("// kernels: (.*)");
  private static final Pattern FIELD =
      Pattern.compile("  (?:const )?([a-z][a-z ]*[a-z0-9]|void|bf16)(\\*?) (\\w+);.*");

  private final Map<String, String> fields = new HashMap<>();

  /**
   * Reads the registry.
   *
   * @throws IllegalArgumentException when a line is not of the form that its head describes
   */
  KernelLayouts(String arguments) {
    List<String> names = List.of();
    StringBuilder layout = null;
    for (String line : arguments.lines().toList()) {
      Matcher kernels = KERNELS.matcher(line);
      if (kernels.matches()) {
        names = expand(kernels.group(1));
      } else if (line.startsWith("struct ")) {
        layout = new StringBuilder();
      } else if (line.equals("};") && layout != null) {
        for (String name : names) {
          fields.put(name, layout.toString());
        }
        layout = null;
      } else if (layout != null && !line.isBlank() && !line.strip().startsWith("//")) {
        layout.append(field(line));
      }
    }
  }

  /** Fields in order: p a pointer, l a 64-bit and i a 32-bit integer, f a float. */
  String of(String kernel) {
    String layout = fields.get(kernel);
    if (layout == null) {
      throw new IllegalArgumentException("no kernel is called " + kernel);
    }
    return layout;
  }

  /** Names of all kernels. */
  Iterable<String> names() {
    return fields.keySet();
  }

  private static char field(String line) {
    Matcher field = FIELD.matcher(line);
    if (!field.matches()) {
      throw new IllegalArgumentException("arguments.cuh: not a field: " + line);
    }
    if (!field.group(2).isEmpty()) {
      return 'p';
    }
    return switch (field.group(1)) {
      case "long long" -> 'l';
      case "int" -> 'i';
      case "float" -> 'f';
      default -> throw new IllegalArgumentException("arguments.cuh: not a type: " + line);
    };
  }

  /** {@code a_{x,y} b} are a_x, a_y and b; words in parentheses are remarks. */
  private static List<String> expand(String text) {
    List<String> names = new ArrayList<>();
    for (String word : text.replaceAll("\\([^)]*\\)", "").split(" +")) {
      int open = word.indexOf('{');
      if (open < 0) {
        names.add(word);
      } else {
        int close = word.indexOf('}');
        for (String choice : word.substring(open + 1, close).split(",")) {
          names.add(word.substring(0, open) + choice + word.substring(close + 1));
        }
      }
    }
    return names;
  }
}
