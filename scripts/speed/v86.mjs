// SPDX-License-Identifier: Apache-2.0
//
// node v86.mjs PACKAGE BIOS VGABIOS MEMORY_MB VMLINUZ INITRD COMMAND_LINE: a guest in v86 with its serial console on standard
// input and output.
import { pathToFileURL } from "node:url";

const [packageFolder, bios, vgaBios, memoryMb, vmlinuz, initrd, commandLine] = process.argv.slice(2);
const { V86 } = await import(pathToFileURL(`${packageFolder}/build/libv86.mjs`));
const megabyte = 1024 * 1024;
const emulator = new V86({
    wasm_path: `${packageFolder}/build/v86.wasm`,
    memory_size: memoryMb * megabyte,
    vga_memory_size: 2 * megabyte,
    bios: { url: bios },
    vga_bios: { url: vgaBios },
    bzimage: { url: vmlinuz },
    initrd: { url: initrd },
    cmdline: commandLine,
    acpi: false,
    disable_keyboard: true,
    disable_mouse: true,
    disable_speaker: true,
    autostart: true,
});

let line = [];
let flushing = null;
const flush = () => {
    flushing = null;
    process.stdout.write(Buffer.from(line));
    line = [];
};
emulator.add_listener("serial0-output-byte", byte => {
    line.push(byte);
    if (byte === 10) {
        flush();
    } else {
        flushing ??= setImmediate(flush);
    }
});
process.stdin.on("data", text => emulator.serial0_send(text.toString("latin1")));
process.stdin.on("end", () => process.exit());
