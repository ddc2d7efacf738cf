// SPDX-License-Identifier: Apache-2.0
/*
 * Executes one SIMD instruction after another on the CPU of this machine and tells what became of the registers: what
 * HostCpu.java compares the Java CPU with. x86-64 Linux only.
 *
 * Standard input: batches of a struct batch and its cases. Standard output: the cases, each after its execution.
 * The instruction may use registers 1 and 2 of each file and [rdi], and must not touch the stack.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

struct batch {
    uint32_t length;   /* of the instruction, in bytes */
    uint32_t mmx_in_use; /* 0: all x87 registers are empty beforehand, whatever they hold */
    uint32_t cases;
    uint32_t reserved;
    uint8_t code[16];
};

struct state {
    uint64_t xmm1[2], xmm2[2];
    uint64_t mm1, mm2;
    uint32_t ecx, edx;
    uint32_t mxcsr;
    uint32_t outcome; /* before: distance of the operand from a 16-byte boundary; after: the signal, or 0 */
    uint32_t eflags;
    uint32_t tags; /* the abridged x87 tag word: a set bit is a register in use */
    uint8_t memory[16];
    uint64_t reserved;
};

_Static_assert(sizeof(struct state) == 96, "layout known to HostCpu.java");

void execute(struct state *state, void *code, void *operand, uint32_t mmx_in_use, void *fxsave_area);

/* All arithmetic flags are set beforehand, so that those an instruction clears show. */
__asm__(".globl execute\n"
        "execute:\n"
        "  push %rbx; push %rbp; push %r12; push %r13; push %r14\n"
        "  mov %rdi, %r12; mov %rsi, %r13; mov %r8, %r14; mov %rdx, %rdi\n"
        "  fninit\n"
        "  movq 32(%r12), %mm1; movq 40(%r12), %mm2\n"
        "  test %ecx, %ecx; jnz 1f; emms\n"
        "1: movdqu (%r12), %xmm1; movdqu 16(%r12), %xmm2\n"
        "  mov 48(%r12), %ecx; mov 52(%r12), %edx\n"
        "  push $0x8d7; popfq\n"
        "  ldmxcsr 56(%r12)\n"
        "  call *%r13\n"
        "  stmxcsr 56(%r12)\n"
        "  pushfq; pop %rax; mov %eax, 64(%r12)\n"
        "  mov %ecx, 48(%r12); mov %edx, 52(%r12)\n"
        "  movdqu %xmm1, (%r12); movdqu %xmm2, 16(%r12)\n"
        "  fxsave (%r14)\n"
        "  movq %mm1, 32(%r12); movq %mm2, 40(%r12)\n"
        "  fninit\n"
        "  movl $0x1f80, 56(%r14); ldmxcsr 56(%r14)\n"
        "  pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "  cld; ret\n");

static uint8_t *code;
static uint32_t code_length;
static volatile sig_atomic_t fault;

/* Goes on behind the instruction, whose registers the kernel puts back as the fault left them. */
static void skip(int signal, siginfo_t *info, void *context)
{
    (void)info;
    fault = signal;
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] = (greg_t)(code + code_length);
}

static void run(struct state *state, uint32_t mmx_in_use)
{
    static uint8_t operands[64] __attribute__((aligned(64)));
    static uint8_t fxsave_area[512] __attribute__((aligned(16)));
    uint8_t *operand = operands + 16 + state->outcome % 16;

    memset(operands, 0, sizeof operands);
    memcpy(operand, state->memory, sizeof state->memory);
    fault = 0;
    execute(state, code, operand, mmx_in_use, fxsave_area);
    memcpy(state->memory, operand, sizeof state->memory);
    state->outcome = (uint32_t)fault;
    state->tags = fxsave_area[4];
}

int main(void)
{
    static const int signals[] = {SIGFPE, SIGSEGV, SIGILL, SIGBUS};
    struct sigaction action = {.sa_sigaction = skip, .sa_flags = SA_SIGINFO};
    struct batch batch;

    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED)
        return 1;
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &action, NULL);
    while (fread(&batch, sizeof batch, 1, stdin) == 1) {
        struct state *states = malloc(batch.cases * sizeof *states);

        if (!states || batch.length >= sizeof batch.code)
            return 1;
        if (fread(states, sizeof *states, batch.cases, stdin) != batch.cases)
            return 1;
        memcpy(code, batch.code, batch.length);
        code[batch.length] = 0xC3;
        code_length = batch.length;
        for (uint32_t i = 0; i < batch.cases; i++)
            run(&states[i], batch.mmx_in_use);
        fwrite(states, sizeof *states, batch.cases, stdout);
        fflush(stdout);
        free(states);
    }
    return 0;
}
