package dev.sluice.bench;

import java.util.ArrayList;
import java.util.List;

/** Columns of text, aligned: the first to the left, the others to the right. */
public final class TextTable {
  private final List<List<String>> lines = new ArrayList<>();

  /** A table with these headings. */
  public TextTable(String... headings) {
    lines.add(List.of(headings));
  }

  /** Adds a line. */
  public void add(List<String> cells) {
    lines.add(cells);
  }

  /** Headings, then the cells of each line. */
  List<List<String>> lines() {
    return List.copyOf(lines);
  }

  /** For a terminal: two spaces between columns. */
  public List<String> plain() {
    int columns = lines.getFirst().size();
    int[] width = new int[columns];
    for (List<String> line : lines) {
      for (int i = 0; i < columns; i++) {
        width[i] = Math.max(width[i], line.get(i).length());
      }
    }
    List<String> out = new ArrayList<>();
    for (List<String> line : lines) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < columns; i++) {
        String pad = " ".repeat(width[i] - line.get(i).length());
        text.append(i == 0 ? "" : "  ");
        text.append(i == 0 ? line.get(i) + pad : pad + line.get(i));
      }
      out.add(text.toString().stripTrailing());
    }
    return out;
  }

  /** For a document in Markdown. */
  public List<String> markdown() {
    List<String> out = new ArrayList<>();
    for (List<String> line : lines) {
      out.add(
          "| " + String.join(" | ", line.stream().map(c -> c.replace("|", "\\|")).toList()) + " |");
      if (out.size() == 1) {
        out.add("| --- |" + " ---: |".repeat(line.size() - 1));
      }
    }
    return out;
  }
}
