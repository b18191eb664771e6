package io.stalemate.scenario;

/**
 * A page of a guest_memfd.
 *
 * @param file the guest_memfd's name
 * @param page from 0
 */
public record GmemPage(String file, long page) {
  public GmemPage {
    Limits.check(file);
    Limits.check("page", page, 0, Limits.FRAMES - 1);
  }
}
