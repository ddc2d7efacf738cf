// SPDX-License-Identifier: Apache-2.0
package vmlab.vmm.soft.system;

import java.io.ByteArrayOutputStream;

/** Machine code, instruction by instruction, for an address at which the code segment starts at 0. */
final class Asm {
    static final int EAX = 0;
    static final int ECX = 1;
    static final int EDX = 2;
    static final int EBX = 3;
    static final int ESP = 4;
    static final int EBP = 5;
    static final int ESI = 6;
    static final int EDI = 7;

    static final int ES = 0;
    static final int SS = 2;
    static final int DS = 3;
    static final int FS = 4;
    static final int GS = 5;

    private final ByteArrayOutputStream code = new ByteArrayOutputStream();
    private final int origin;

    Asm(int origin) {
        this.origin = origin;
    }

    /** The address of the next instruction. */
    int here() {
        return origin + code.size();
    }

    byte[] bytes() {
        return code.toByteArray();
    }

    Asm db(int... octets) {
        for (int octet : octets) {
            code.write(octet);
        }
        return this;
    }

    Asm dw(int value) {
        return db(value, value >> 8);
    }

    Asm dd(int value) {
        return dw(value).dw(value >> 16);
    }

    Asm mov(int register, int value) {
        return db(0xB8 + register).dd(value);
    }

    Asm load(int register, int address) {
        return db(0x8B, 5 | register << 3).dd(address);
    }

    Asm store(int address, int register) {
        return db(0x89, 5 | register << 3).dd(address);
    }

    Asm storeImmediate(int address, int value) {
        return db(0xC7, 5).dd(address).dd(value);
    }

    Asm storeByte(int address, int value) {
        return db(0xC6, 5).dd(address).db(value);
    }

    Asm toSegment(int segment, int register) {
        return db(0x8E, 0xC0 | segment << 3 | register);
    }

    /** Loads a segment register through EAX. */
    Asm segment(int segment, int selector) {
        return mov(EAX, selector).toSegment(segment, EAX);
    }

    Asm toControl(int control, int register) {
        return db(0x0F, 0x22, 0xC0 | control << 3 | register);
    }

    Asm fromControl(int register, int control) {
        return db(0x0F, 0x20, 0xC0 | control << 3 | register);
    }

    Asm toDebug(int number, int register) {
        return db(0x0F, 0x23, 0xC0 | number << 3 | register);
    }

    Asm fromDebug(int register, int number) {
        return db(0x0F, 0x21, 0xC0 | number << 3 | register);
    }

    /** Loads a debug register through EAX. */
    Asm debug(int number, int value) {
        return mov(EAX, value).toDebug(number, EAX);
    }

    Asm push(int value) {
        return db(0x68).dd(value);
    }

    Asm pushFlags() {
        return db(0x9C);
    }

    Asm popFlags() {
        return db(0x9D);
    }

    /** Sets EFLAGS. */
    Asm flags(int value) {
        return push(value).popFlags();
    }

    Asm nop() {
        return db(0x90);
    }

    Asm hlt() {
        return db(0xF4);
    }

    Asm cli() {
        return db(0xFA);
    }

    Asm sti() {
        return db(0xFB);
    }

    Asm iret() {
        return db(0xCF);
    }

    Asm interrupt(int vector) {
        return db(0xCD, vector);
    }

    Asm increment(int register) {
        return db(0x40 + register);
    }

    Asm jump(int address) {
        return db(0xE9).dd(address - here() - 4);
    }

    Asm call(int address) {
        return db(0xE8).dd(address - here() - 4);
    }

    Asm ret() {
        return db(0xC3);
    }

    Asm jumpFar(int selector, int offset) {
        return db(0xEA).dd(offset).dw(selector);
    }

    Asm callFar(int selector, int offset) {
        return db(0x9A).dd(offset).dw(selector);
    }

    Asm retFar() {
        return db(0xCB);
    }

    /** INVLPG of an absolute address. */
    Asm invalidate(int address) {
        return db(0x0F, 0x01, 0x3D).dd(address);
    }

    /** Writes EAX to a port. */
    Asm out32(int port) {
        return db(0xE7, port);
    }

    Asm out8(int port) {
        return db(0xE6, port);
    }

    Asm in32(int port) {
        return db(0xE5, port);
    }
}
