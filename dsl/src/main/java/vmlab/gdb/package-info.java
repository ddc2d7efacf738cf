/**
 * The GDB remote serial protocol: a guest is debugged from outside, by any gdb.
 *
 * <p>Read first: {@link vmlab.gdb.GdbServer}, {@link vmlab.gdb.DebugTarget}, {@link vmlab.gdb.GdbSession}. Must not be added
 * here: anything that prints, anything that knows labs or back ends.
 */
package vmlab.gdb;
