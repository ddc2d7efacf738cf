/**
 * A whole PC: where everything is and how it is wired, and the small parts found only there.
 *
 * <p>Read first: {@link vmlab.devices.pc.Pc}, {@link vmlab.devices.pc.PcLayout}, {@link vmlab.devices.pc.I8042}. Must not
 * be added here: parts that other boards have too.
 */
package vmlab.devices.pc;
