/**
 * The guest's software, fetched onto any machine without root, and the initramfs built from it; the same for the Linux with
 * KVM in an emulator.
 *
 * <p>Read first: {@link vmlab.guest.DebianGuest}, {@link vmlab.guest.RootFs}, {@link vmlab.guest.GuestCache}. Must not be
 * added here: anything that prints, a mirror's host name, anything that runs a fetched program on the host.
 */
package vmlab.guest;
