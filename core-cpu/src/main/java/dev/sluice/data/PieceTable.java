package dev.sluice.data;

import java.util.Arrays;

/**
 * Pieces of text numbered in the order in which they were added, found without making a string of
 * the text looked up: a tokenizer asks once for every few characters of a corpus.
 *
 * <p>A hash table with linear probing, at most half full.
 */
final class PieceTable {
  /** Number of a piece plus 1, or 0 where the slot is free. */
  private int[] slots = new int[1024];

  private String[] pieces = new String[256];
  private int[] hashes = new int[256];
  private int size;

  int size() {
    return size;
  }

  String piece(int index) {
    return pieces[index];
  }

  /** The number of the piece {@code text[from..to)}, or -1 when it was never added. */
  int find(String text, int from, int to) {
    return slots[slot(text, from, to, hash(text, from, to))] - 1;
  }

  /** The number of the piece {@code text[from..to)}, which is added when it is new. */
  int add(String text, int from, int to) {
    int hash = hash(text, from, to);
    int slot = slot(text, from, to, hash);
    if (slots[slot] != 0) {
      return slots[slot] - 1;
    }
    if (size == pieces.length) {
      pieces = Arrays.copyOf(pieces, size * 2);
      hashes = Arrays.copyOf(hashes, size * 2);
    }
    pieces[size] = text.substring(from, to);
    hashes[size] = hash;
    slots[slot] = ++size;
    if (size * 2 > slots.length) {
      grow();
    }
    return size - 1;
  }

  private void grow() {
    slots = new int[slots.length * 2];
    for (int index = 0; index < size; index++) {
      int slot = hashes[index] & slots.length - 1;
      while (slots[slot] != 0) {
        slot = slot + 1 & slots.length - 1;
      }
      slots[slot] = index + 1;
    }
  }

  /** The slot that holds the piece, or the free one where it belongs. */
  private int slot(String text, int from, int to, int hash) {
    int slot = hash & slots.length - 1;
    while (slots[slot] != 0) {
      int index = slots[slot] - 1;
      if (hashes[index] == hash
          && pieces[index].length() == to - from
          && text.startsWith(pieces[index], from)) {
        break;
      }
      slot = slot + 1 & slots.length - 1;
    }
    return slot;
  }

  private static int hash(String text, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = hash * 31 + text.charAt(i);
    }
    // Spreads the high bits, as the table's size is a power of two.
    hash *= 0x9E3779B9;
    return hash ^ hash >>> 15;
  }
}
