package io.stalemate.scenario;

/**
 * A guest_memfd that the VMM has open when the tasks start: {@code pages} pages of private memory.
 *
 * @param name unique in the VM
 */
public record GuestMemfdFile(String name, int pages) {
  public GuestMemfdFile {
    Limits.check(name);
    Limits.check("pages", pages, 1, Limits.FRAMES);
  }
}
