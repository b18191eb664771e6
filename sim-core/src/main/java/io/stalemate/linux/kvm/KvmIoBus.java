package io.stalemate.linux.kvm;

import static io.stalemate.linux.Errno.EOPNOTSUPP;

import io.stalemate.machine.KernelFunction;
import io.stalemate.machine.Machine;
import io.stalemate.machine.ObjectTable;
import io.stalemate.machine.Tracepoint;
import io.stalemate.machine.Word;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code kvm->buses[KVM_MMIO_BUS]}: the devices that the kernel emulates. A bus never changes once it is published; a
 * registration makes a new one. Follows {@code virt/kvm/kvm_main.c}.
 */
public class KvmIoBus {

  protected final Kvm kvm;
  protected final Machine m;

  /** Which bus is in use. Published by release, read under srcu. */
  private final Word buses;

  // As with memslots, only the index is shared; added to under slots_lock.
  private final ObjectTable<List<Device>> published = new ObjectTable<>();

  /** The bus of {@code kvm}, empty. */
  public KvmIoBus(Kvm kvm) {
    this.kvm = kvm;
    this.m = kvm.m;
    this.buses = m.word("kvm->buses[MMIO]", 0);
    this.published.add(List.of());
  }

  /** {@code struct kvm_io_range}; model: a device is one register of whatever size. */
  private record Device(long addr, long len, Word register) {

    /** {@code kvm_io_bus_cmp()}: all bytes of an access, or it is not the device's. */
    private boolean covers(long at, int bytes) {
      return at >= addr && at + bytes <= addr + len;
    }
  }

  /** Lets a device answer {@code len} bytes from byte address {@code addr}. Held: slots_lock. Waits for readers. */
  @KernelFunction(
      value = "kvm_io_bus_register_dev",
      file = "virt/kvm/kvm_main.c",
      version = "v5.15-v6.12",
      elided = "-ENOSPC and -ENOMEM, sorting")
  public void registerDev(long addr, long len) {
    kvm.slotsLock.assertHeld();
    List<Device> bus = new ArrayList<>(published.get((int) buses.readOnce()));
    bus.add(new Device(addr, len, m.word("dev->register", published.size(), 0)));
    published.add(List.copyOf(bus));
    buses.storeRelease(published.size() - 1);
    m.trace(Tracepoint.IO_BUS, addr, len, 1, 0);
    kvm.srcu.synchronize();
  }

  /** Offers a store of {@code bytes} to the devices. Held: srcu. Yields 0, or {@code -EOPNOTSUPP} if none takes it. */
  @KernelFunction(value = "kvm_io_bus_write", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "devices that refuse part of their range")
  public int write(long addr, int bytes, long value) {
    for (Device device : dereference()) {
      if (device.covers(addr, bytes)) {
        device.register.writeOnce(value);
        return 0;
      }
    }
    return -EOPNOTSUPP;
  }

  /** Offers a load of {@code bytes} to the devices. Held: srcu. Yields 0, or {@code -EOPNOTSUPP} if none takes it. */
  @KernelFunction(value = "kvm_io_bus_read", file = "virt/kvm/kvm_main.c", version = "v5.15-v6.12",
      elided = "devices that refuse part of their range, the loaded value: nothing depends on it")
  public int read(long addr, int bytes) {
    for (Device device : dereference()) {
      if (device.covers(addr, bytes)) {
        device.register.readOnce();
        return 0;
      }
    }
    return -EOPNOTSUPP;
  }

  /** srcu_dereference(): pairs with the release in the registration. */
  private List<Device> dereference() {
    kvm.srcu.assertReadHeld();
    return published.get((int) buses.readOnce());
  }
}
