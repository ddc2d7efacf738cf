/**
 * Timers and the clock of a PC.
 *
 * <p>Read first: {@link vmlab.devices.timer.Pit8254}, {@link vmlab.devices.timer.Cmos146818}, {@link
 * vmlab.devices.timer.TickRate}. Must not be added here: the host's time; {@link vmlab.vmm.VmClock} is all there is.
 */
package vmlab.devices.timer;
