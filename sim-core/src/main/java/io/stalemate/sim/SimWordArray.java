package io.stalemate.sim;

import io.stalemate.machine.Word;
import io.stalemate.machine.WordArray;
import org.jspecify.annotations.Nullable;

/** A row of words; each word object is made when it is first asked for. */
final class SimWordArray implements WordArray {

  private final World world;
  private final boolean plainIsChoice;
  private final int first;
  private final @Nullable SimWord[] words;

  SimWordArray(World world, boolean plainIsChoice, int first, int count) {
    this.world = world;
    this.plainIsChoice = plainIsChoice;
    this.first = first;
    this.words = new SimWord[count];
  }

  /** The object id of the first word. */
  int first() {
    return first;
  }

  @Override
  public int length() {
    return words.length;
  }

  @Override
  public Word at(int index) {
    SimWord word = words[index];
    if (word == null) {
      word = new SimWord(world, plainIsChoice, first + index);
      words[index] = word;
    }
    return word;
  }
}
