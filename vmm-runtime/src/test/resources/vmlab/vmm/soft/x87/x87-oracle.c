/* SPDX-License-Identifier: Apache-2.0
 *
 * Executes single x87 instructions on the host's own FPU (x86-64, Linux). Reads records from standard input until its
 * end and answers each on standard output:
 *
 *   in:  instruction length (1), instruction (3), EFLAGS (4), FSAVE image (108), memory operand (128)
 *   out: signal or 0 (4), EFLAGS (4), EAX (4), FSAVE image after (108), memory operand after (128)
 *
 * A memory operand is addressed by RSI: mod 0, rm 6. The image is that of 32-bit protected mode.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

struct request {
    uint8_t length;
    uint8_t instruction[3];
    uint32_t flags;
    uint8_t image[108];
    uint8_t memory[128];
};

struct answer {
    uint32_t signal;
    uint32_t flags;
    uint32_t eax;
    uint8_t image[108];
    uint8_t memory[128];
};

static sigjmp_buf after_signal;

static void on_signal(int number)
{
    siglongjmp(after_signal, number);
}

static size_t emit(uint8_t *code, size_t at, const char *bytes, size_t count)
{
    memcpy(code + at, bytes, count);
    return at + count;
}

static void assemble(uint8_t *code, const struct request *request)
{
    size_t at = 0;
    at = emit(code, at, "\x31\xC0", 2);         /* xor eax, eax */
    at = emit(code, at, "\xDD\x27", 2);         /* frstor [rdi] */
    at = emit(code, at, "\x52\x9D", 2);         /* push rdx; popfq */
    at = emit(code, at, (const char *)request->instruction, request->length);
    at = emit(code, at, "\x9C\x5A", 2);         /* pushfq; pop rdx */
    at = emit(code, at, "\xDD\x37", 2);         /* fnsave [rdi] */
    at = emit(code, at, "\x48\x89\x11", 3);     /* mov [rcx], rdx */
    at = emit(code, at, "\x48\x89\x41\x08", 4); /* mov [rcx+8], rax */
    emit(code, at, "\xC3", 1);                  /* ret */
}

int main(void)
{
    static struct request request;
    static struct answer answer;
    static uint64_t registers[2];
    uint8_t *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code == MAP_FAILED) {
        perror("mmap of executable memory");
        return 1;
    }
    signal(SIGILL, on_signal);
    signal(SIGFPE, on_signal);
    while (fread(&request, sizeof request, 1, stdin) == 1) {
        assemble(code, &request);
        int number = sigsetjmp(after_signal, 1);
        if (number == 0) {
            union {
                void *address;
                void (*call)(uint8_t *, uint8_t *, uint64_t, uint64_t *);
            } entry = {.address = code};
            entry.call(request.image, request.memory, request.flags, registers);
        } else {
            __asm__ volatile("fninit");
        }
        answer.signal = number;
        answer.flags = (uint32_t)registers[0];
        answer.eax = (uint32_t)registers[1];
        memcpy(answer.image, request.image, sizeof answer.image);
        memcpy(answer.memory, request.memory, sizeof answer.memory);
        if (fwrite(&answer, sizeof answer, 1, stdout) != 1) {
            return 1;
        }
    }
    return fflush(stdout) == 0 ? 0 : 1;
}
