/* SPDX-License-Identifier: Apache-2.0
 *
 * Executes 32-bit integer instructions on the host's own CPU (x86, Linux). Needs no C library: built with
 * -m32 -nostdlib -static. Reads records from standard input until its end and answers each on standard output:
 *
 *   in:  code length (4), code (60), EAX ECX EDX EBX ESP EBP ESI EDI (32), EFLAGS (4), memory (256)
 *   out: EAX ECX EDX EBX ESP EBP ESI EDI (32), EFLAGS (4), signal or 0 (4), memory after (256)
 *
 * The code is at 0x400000, the memory at 0x500000. After a signal the registers are those at the faulting instruction.
 */
typedef unsigned int u32;
typedef unsigned char u8;

#define CODE 0x400000
#define DATA 0x500000
#define MEMORY 256
#define BATCH 64

struct request {
    u32 length;
    u8 code[60];
    u32 registers[8];
    u32 flags;
    u8 memory[MEMORY];
};

struct answer {
    u32 registers[8];
    u32 flags;
    u32 signal;
    u8 memory[MEMORY];
};

u32 in_registers[8];
u32 in_flags;
u32 out_registers[8];
u32 out_flags;
u32 host_stack;
u32 out_stack[4];
static u32 out_signal;
static u8 signal_stack[16384] __attribute__((aligned(16)));
static struct request requests[BATCH];
static struct answer answers[BATCH];

void execute(void);
void done(void);
void aborted(void);

__asm__(".globl execute\n"
        "execute:\n"
        "  pusha\n"
        "  mov %esp, host_stack\n"
        "  mov $in_flags, %esp\n"
        "  popf\n"
        "  mov in_registers, %eax\n"
        "  mov in_registers+4, %ecx\n"
        "  mov in_registers+8, %edx\n"
        "  mov in_registers+12, %ebx\n"
        "  mov in_registers+20, %ebp\n"
        "  mov in_registers+24, %esi\n"
        "  mov in_registers+28, %edi\n"
        "  mov in_registers+16, %esp\n"
        "  .byte 0xE9\n"
        "  .long 0x400000 - . - 4\n"
        ".globl done\n"
        "done:\n"
        "  mov %eax, out_registers\n"
        "  mov %ecx, out_registers+4\n"
        "  mov %edx, out_registers+8\n"
        "  mov %ebx, out_registers+12\n"
        "  mov %esp, out_registers+16\n"
        "  mov %ebp, out_registers+20\n"
        "  mov %esi, out_registers+24\n"
        "  mov %edi, out_registers+28\n"
        "  mov $out_stack+16, %esp\n"
        "  pushf\n"
        "  pop out_flags\n"
        ".globl aborted\n"
        "aborted:\n"
        "  mov host_stack, %esp\n"
        "  push $2\n"
        "  popf\n"
        "  popa\n"
        "  ret\n");

static int call(int number, int a, int b, int c, int d)
{
    int result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
    return result;
}

static void leave(int status)
{
    call(1, status, 0, 0, 0);
    for (;;) {
    }
}

/* The kernel's sigcontext of i386: gs fs es ds edi esi ebp esp ebx edx ecx eax trapno err eip cs eflags. */
struct context {
    u32 flags, link, stack[3];
    u32 gs, fs, es, ds, edi, esi, ebp, esp, ebx, edx, ecx, eax, trapno, err, eip, cs, eflags;
};

static void on_signal(int number, void *info, struct context *at)
{
    (void)info;
    out_signal = number;
    out_registers[0] = at->eax;
    out_registers[1] = at->ecx;
    out_registers[2] = at->edx;
    out_registers[3] = at->ebx;
    out_registers[4] = at->esp;
    out_registers[5] = at->ebp;
    out_registers[6] = at->esi;
    out_registers[7] = at->edi;
    out_flags = at->eflags;
    at->eip = (u32)aborted;
    at->eflags &= ~0x10400u;
}

static void catch(int number)
{
    /* handler, SA_SIGINFO | SA_ONSTACK | SA_NODEFER, restorer (the kernel's), mask */
    u32 action[5] = {(u32)on_signal, 0x48000004, 0, 0, 0};
    if (call(174, number, (int)action, 0, 8) != 0)
        leave(3);
}

static void map(u32 address, u32 bytes)
{
    /* address, length, PROT_READ | WRITE | EXEC, MAP_PRIVATE | FIXED | ANONYMOUS, no file, offset */
    u32 arguments[6] = {address, bytes, 7, 0x32, 0xFFFFFFFF, 0};
    if (call(90, (int)arguments, 0, 0, 0) != (int)address)
        leave(4);
}

static u32 fill(u8 *to, u32 bytes)
{
    u32 got = 0;
    while (got < bytes) {
        int n = call(3, 0, (int)(to + got), bytes - got, 0);
        if (n < 0)
            leave(5);
        if (n == 0)
            break;
        got += n;
    }
    return got;
}

static void copy(void *to, const void *from, u32 bytes)
{
    for (u32 i = 0; i < bytes; i++)
        ((volatile u8 *)to)[i] = ((const u8 *)from)[i];
}

static void answer(const struct request *q, struct answer *a)
{
    u8 *code = (u8 *)CODE;
    u32 after = CODE + q->length + 5;
    u32 distance = (u32)done - after;
    copy(code, q->code, q->length);
    code[q->length] = 0xE9;
    copy(code + q->length + 1, &distance, 4);
    copy(in_registers, q->registers, 32);
    in_flags = q->flags;
    copy((void *)DATA, q->memory, MEMORY);
    out_signal = 0;
    __asm__ volatile("call execute" ::: "memory");
    copy(a->registers, out_registers, 32);
    a->flags = out_flags;
    a->signal = out_signal;
    copy(a->memory, (void *)DATA, MEMORY);
}

void _start(void)
{
    u32 stack[3] = {(u32)signal_stack, 0, sizeof signal_stack};
    map(CODE, 4096);
    map(DATA, 4096);
    if (call(186, (int)stack, 0, 0, 0) != 0)
        leave(6);
    catch(4);
    catch(5);
    catch(7);
    catch(8);
    catch(11);
    for (;;) {
        u32 count = fill((u8 *)requests, sizeof requests) / sizeof requests[0];
        if (count == 0)
            leave(0);
        for (u32 i = 0; i < count; i++)
            answer(&requests[i], &answers[i]);
        for (u32 sent = 0; sent < count * sizeof answers[0];) {
            int n = call(4, 1, (int)answers + sent, count * sizeof answers[0] - sent, 0);
            if (n <= 0)
                leave(7);
            sent += n;
        }
    }
}
