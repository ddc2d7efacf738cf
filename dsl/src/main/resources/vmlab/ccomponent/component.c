// SPDX-License-Identifier: Apache-2.0
// What stands under a component in C: its threads, its dataports, and what it says to the lab.
//
// A request to the lab is a line on standard output behind MARK, among what the component prints, so that both keep
// their order. An answer is a line on standard input. The threads take turns: one goes on until it waits.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "vmlab/component.h"
#include <camkes/dataport.h>

#define MARK "\0\0vmlab:"
#define MARK_BYTES 8
#define REQUEST_BYTES 4096
#define READ_BYTES 256
#define STACK_BYTES (256 * 1024)
#define GUARD_BYTES 4096
#define MEMORY_BYTES (512 * 1024 * 1024)

struct vmlab_thread {
    ucontext_t context;
    struct vmlab_thread *next;
};

static const char *instance;
static struct vmlab_thread control;
static struct vmlab_thread *current = &control;
static struct vmlab_queue ready;
static int control_ended;
static FILE *console;
static void (*putchar_function)(int);

// The lab

// A line that no other output comes between. Ends the component if the lab has gone.
static void tell(const char *line, size_t bytes)
{
    fflush(stdout);
    fflush(console);
    while (bytes > 0) {
        ssize_t written = write(STDOUT_FILENO, line, bytes);
        if (written <= 0) {
            _exit(0);
        }
        line += written;
        bytes -= written;
    }
}

static void request(const char *verb, const char *argument)
{
    char line[REQUEST_BYTES];
    memcpy(line, MARK, MARK_BYTES);
    tell(line, MARK_BYTES + snprintf(line + MARK_BYTES, sizeof line - MARK_BYTES, "%s %s\n", verb, argument));
}

static void *enough(void *memory, size_t *room, size_t bytes)
{
    if (bytes > *room) {
        *room = 2 * bytes;
        memory = realloc(memory, *room);
        if (!memory) {
            fputs("no memory for what is called\n", stderr);
            exit(1);
        }
    }
    return memory;
}

// Good until the next one. Ends the component if the lab has gone.
static const char *answer(void)
{
    static char *line;
    static size_t room;
    size_t bytes = 0;
    do {
        line = enough(line, &room, bytes + READ_BYTES);
        ssize_t got = read(STDIN_FILENO, line + bytes, READ_BYTES);
        if (got <= 0) {
            _exit(0);
        }
        bytes += got;
    } while (line[bytes - 1] != '\n');
    line[bytes - 1] = 0;
    return line;
}

// Threads

static void put(struct vmlab_queue *queue, struct vmlab_thread *thread)
{
    thread->next = NULL;
    if (queue->first) {
        queue->last->next = thread;
    } else {
        queue->first = thread;
    }
    queue->last = thread;
}

static struct vmlab_thread *take(struct vmlab_queue *queue)
{
    struct vmlab_thread *thread = queue->first;
    if (thread) {
        queue->first = thread->next;
    }
    return thread;
}

// A callback is given an event rather than who waits for it.
static void arrived(struct vmlab_event *event)
{
    if (event->callback) {
        event->parked = 0;
        put(&ready, event->thread);
    } else if (event->waiters.first) {
        put(&ready, take(&event->waiters));
    }
}

static int is_awaited(const struct vmlab_event *event)
{
    return event->callback ? event->parked : event->waiters.first != NULL;
}

// No thread can go on: has the lab say what has come, or ends the component if nothing can.
static void await_event(void)
{
    char names[REQUEST_BYTES / 2] = "";
    size_t bytes = 0;
    for (struct vmlab_event **event = vmlab_events; *event; event++) {
        if (is_awaited(*event) && bytes < sizeof names) {
            bytes += snprintf(names + bytes, sizeof names - bytes, "%s ", (*event)->name);
        }
    }
    if (bytes == 0) {
        if (!control_ended) {
            fputs("every thread of this component waits for a lock of its own\n", stderr);
        }
        exit(!control_ended);
    }
    request("wait", names);
    const char *name = answer();
    for (struct vmlab_event **event = vmlab_events; *event; event++) {
        if (strcmp((*event)->name, name) == 0) {
            arrived(*event);
        }
    }
}

// Lets another thread go on. The current one is in a queue, or has ended.
static void turn(void)
{
    struct vmlab_thread *from = current;
    while (!ready.first) {
        await_event();
    }
    current = take(&ready);
    if (current != from) {
        swapcontext(&from->context, &current->context);
    }
}

static void block(struct vmlab_queue *queue)
{
    put(queue, current);
    turn();
}

static void run_callbacks(struct vmlab_event *event)
{
    for (;;) {
        void (*callback)(void *) = event->callback;
        event->callback = NULL;
        callback(event->argument);
        event->parked = 1;
        turn();
    }
}

static struct vmlab_thread *new_thread(struct vmlab_event *event)
{
    struct vmlab_thread *thread = calloc(1, sizeof *thread);
    char *stack = mmap(NULL, GUARD_BYTES + STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!thread || stack == MAP_FAILED || mprotect(stack, GUARD_BYTES, PROT_NONE) != 0) {
        fputs("no memory for another thread\n", stderr);
        exit(1);
    }
    getcontext(&thread->context);
    thread->context.uc_stack.ss_sp = stack + GUARD_BYTES;
    thread->context.uc_stack.ss_size = STACK_BYTES;
    makecontext(&thread->context, (void (*)(void)) run_callbacks, 1, event);
    return thread;
}

// What is called goes on beside the control thread, on a thread for each interface.
static void start_serving(void)
{
    for (struct vmlab_event **event = vmlab_events; *event; event++) {
        if ((*event)->callback) {
            (*event)->thread = new_thread(*event);
            (*event)->parked = 1;
        }
    }
}

// Events

void vmlab_emit(const char *event)
{
    request("emit", event);
}

void vmlab_wait(struct vmlab_event *event)
{
    block(&event->waiters);
}

static int take_pending(struct vmlab_event *event)
{
    request("poll", event->name);
    return answer()[0] == '1';
}

// Callbacks of what has come meanwhile, and whoever else can go on.
static void let_others_run(void)
{
    for (struct vmlab_event **event = vmlab_events; *event; event++) {
        if ((*event)->callback && (*event)->parked && take_pending(*event)) {
            arrived(*event);
        }
    }
    if (ready.first) {
        block(&ready);
    }
}

int vmlab_poll(struct vmlab_event *event)
{
    let_others_run();
    return take_pending(event);
}

int vmlab_reg_callback(struct vmlab_event *event, void (*callback)(void *), void *argument)
{
    if (event->callback) {
        return -1;
    }
    if (take_pending(event)) {
        callback(argument);
        return 0;
    }
    event->callback = callback;
    event->argument = argument;
    if (!event->thread) {
        event->thread = new_thread(event);
        event->parked = 1;
    }
    return 0;
}

void seL4_Yield(void)
{
    let_others_run();
}

// Procedures

static char *message;
static size_t message_bytes;

static void add(const char *text, size_t bytes)
{
    static size_t room;
    message = enough(message, &room, message_bytes + bytes);
    memcpy(message + message_bytes, text, bytes);
    message_bytes += bytes;
}

static void begin_message(const char *verb, const char *face)
{
    message_bytes = 0;
    add(MARK, MARK_BYTES);
    add(verb, strlen(verb));
    add(" ", 1);
    add(face, strlen(face));
}

static void end_message(void)
{
    add("\n", 1);
    tell(message, message_bytes);
}

void vmlab_begin_call(const char *face, const char *method)
{
    begin_message("call", face);
    add(" ", 1);
    add(method, strlen(method));
}

const char *vmlab_end_call(void)
{
    end_message();
    return answer();
}

void vmlab_begin_return(const char *face)
{
    begin_message("return", face);
}

void vmlab_end_return(void)
{
    end_message();
}

void vmlab_put_number(long long value)
{
    char word[32];
    add(word, snprintf(word, sizeof word, " %lld", value));
}

void vmlab_put_unsigned(unsigned long long value)
{
    char word[32];
    add(word, snprintf(word, sizeof word, " %llu", value));
}

// In hexadecimal, as it may have anything in it.
void vmlab_put_text(const char *text)
{
    add(" s", 2);
    for (; *text; text++) {
        char octet[3];
        snprintf(octet, sizeof octet, "%02x", (unsigned char) *text);
        add(octet, 2);
    }
}

const char *vmlab_take_call(const char *face)
{
    request("take", face);
    return answer();
}

// Whether a word comes next, which is passed over then.
int vmlab_take_word(const char **words, const char *word)
{
    size_t bytes = strlen(word);
    int is = strncmp(*words, word, bytes) == 0 && (*words)[bytes] == ' ';
    *words += is ? bytes + 1 : 0;
    return is;
}

unsigned long long vmlab_take_number(const char **words)
{
    char *end;
    unsigned long long value = strtoull(*words, &end, 10);
    *words = *end ? end + 1 : end;
    return value;
}

// The caller's to free.
char *vmlab_take_text(const char **words)
{
    const char *from = *words + 1;
    size_t bytes = strcspn(from, " ") / 2;
    char *text = malloc(bytes + 1);
    if (!text) {
        fputs("no memory for a text\n", stderr);
        exit(1);
    }
    for (size_t i = 0; i < bytes; i++) {
        unsigned octet;
        sscanf(from + 2 * i, "%2x", &octet);
        text[i] = octet;
    }
    text[bytes] = 0;
    from += 2 * bytes;
    *words = *from ? from + 1 : from;
    return text;
}

// Locks

int vmlab_semaphore_trywait(struct vmlab_semaphore *semaphore)
{
    if (semaphore->value == 0) {
        return -1;
    }
    semaphore->value--;
    return 0;
}

// Whoever waits is given what is posted, so that nobody else takes it before.
int vmlab_semaphore_wait(struct vmlab_semaphore *semaphore)
{
    if (vmlab_semaphore_trywait(semaphore) != 0) {
        block(&semaphore->waiters);
    }
    return 0;
}

int vmlab_semaphore_post(struct vmlab_semaphore *semaphore)
{
    struct vmlab_thread *waiter = take(&semaphore->waiters);
    if (waiter) {
        put(&ready, waiter);
    } else if (semaphore->value < semaphore->most) {
        semaphore->value++;
    }
    return 0;
}

// Dataports

static struct vmlab_dataport *dataport_of(const void *pointer)
{
    for (struct vmlab_dataport *dataport = vmlab_dataports; dataport->name; dataport++) {
        const char *start = *dataport->pointer;
        if ((const char *) pointer >= start && (const char *) pointer < start + dataport->bytes) {
            return dataport;
        }
    }
    return NULL;
}

dataport_ptr_t dataport_wrap_ptr(void *pointer)
{
    const struct vmlab_dataport *dataport = dataport_of(pointer);
    if (!dataport) {
        return (dataport_ptr_t) { .id = -1 };
    }
    return (dataport_ptr_t) { .id = dataport->id, .offset = (char *) pointer - (char *) *dataport->pointer };
}

void *dataport_unwrap_ptr(dataport_ptr_t pointer)
{
    for (struct vmlab_dataport *dataport = vmlab_dataports; dataport->name; dataport++) {
        if (dataport->id == pointer.id && pointer.offset >= 0 && (size_t) pointer.offset < dataport->bytes) {
            return (char *) *dataport->pointer + pointer.offset;
        }
    }
    return NULL;
}

static void fail(const char *what)
{
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

// NAME=ID:BYTES:FILE
static void map(const char *description)
{
    char name[256];
    unsigned bytes;
    int id;
    int path;
    if (sscanf(description, "%255[^=]=%d:%u:%n", name, &id, &bytes, &path) < 3) {
        fail(description);
    }
    for (struct vmlab_dataport *dataport = vmlab_dataports; dataport->name; dataport++) {
        if (strcmp(dataport->name, name) == 0) {
            int file = open(description + path, O_RDWR | O_CLOEXEC);
            void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
            if (file < 0 || memory == MAP_FAILED) {
                fail(description);
            }
            close(file);
            *dataport->pointer = memory;
            dataport->bytes = bytes;
            dataport->id = id;
        }
    }
}

// NAME:VALUE
static void set(const char *description, size_t name_bytes)
{
    for (struct vmlab_attribute *attribute = vmlab_attributes; attribute->name; attribute++) {
        if (strlen(attribute->name) == name_bytes && memcmp(attribute->name, description, name_bytes) == 0) {
            const char *words = description + name_bytes + 1;
            attribute->set(&words);
        }
    }
}

size_t vmlab_dataport_bytes(const char *name)
{
    for (struct vmlab_dataport *dataport = vmlab_dataports; dataport->name; dataport++) {
        if (strcmp(dataport->name, name) == 0) {
            return dataport->bytes;
        }
    }
    return 0;
}

// The console

void vmlab_putchar(int character)
{
    putc(character, console);
}

static ssize_t put_all(void *unused, const char *text, size_t bytes)
{
    (void) unused;
    for (size_t i = 0; i < bytes; i++) {
        putchar_function((unsigned char) text[i]);
    }
    return bytes;
}

void set_putchar(void (*function)(int))
{
    fflush(stdout);
    putchar_function = function;
    stdout = console;
    if (function) {
        stdout = fopencookie(NULL, "w", (cookie_io_functions_t) { .write = put_all });
        setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    }
}

const char *get_instance_name(void)
{
    return instance;
}

// What the component may do

struct trace {
    char text[512];
    size_t bytes;
};

static _Unwind_Reason_Code add_frame(struct _Unwind_Context *context, void *argument)
{
    struct trace *trace = argument;
    int interrupted = 0;
    unsigned place = _Unwind_GetIPInfo(context, &interrupted);
    // The instruction before the one that a call returns to.
    int added = snprintf(trace->text + trace->bytes, sizeof trace->text - trace->bytes, " %x",
                         interrupted ? place : place - 1);
    if (added < 0 || trace->bytes + added >= sizeof trace->text) {
        trace->text[trace->bytes] = 0;
        return _URC_NORMAL_STOP;
    }
    trace->bytes += added;
    return _URC_NO_REASON;
}

// Says where it died: the signal, the address it touched, and its callers. Returning to what failed ends it then.
static void died(int signal, siginfo_t *info, void *context)
{
    (void) context;
    struct trace trace = { .bytes = 0 };
    trace.bytes = snprintf(trace.text, sizeof trace.text, "%d %lx", signal, (unsigned long) info->si_addr);
    _Unwind_Backtrace(add_frame, &trace);
    request("died", trace.text);
}

static void tell_of_death(void)
{
    static char stack[16 * 1024];
    static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
    struct sigaction action = { .sa_sigaction = died, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND };
    sigaltstack(&(stack_t) { .ss_sp = stack, .ss_size = sizeof stack }, NULL);
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        sigaction(signals[i], &action, NULL);
    }
}

static void limit(void)
{
    size_t mapped = 0;
    for (struct vmlab_dataport *dataport = vmlab_dataports; dataport->name; dataport++) {
        mapped += dataport->bytes;
    }
    setrlimit(RLIMIT_CORE, &(struct rlimit) { 0, 0 });
    setrlimit(RLIMIT_AS, &(struct rlimit) { mapped + MEMORY_BYTES, mapped + MEMORY_BYTES });
}

#define ALLOW(call) \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##call, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

// From here on it can compute, use its memory, its standard streams and clocks: a component has no other files, no
// network and no other processes. A kernel without such filters leaves it what its user may do.
static void confine(void)
{
    static struct sock_filter rules[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_I386, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        ALLOW(read), ALLOW(write), ALLOW(writev), ALLOW(exit), ALLOW(exit_group),
        ALLOW(brk), ALLOW(mmap2), ALLOW(munmap), ALLOW(mremap), ALLOW(mprotect), ALLOW(madvise),
        ALLOW(sigprocmask), ALLOW(rt_sigprocmask), ALLOW(sigaction), ALLOW(rt_sigaction), ALLOW(sigaltstack),
        ALLOW(sigreturn), ALLOW(rt_sigreturn), ALLOW(getpid), ALLOW(gettid), ALLOW(tgkill), ALLOW(futex), ALLOW(sched_yield),
        ALLOW(clock_gettime), ALLOW(clock_gettime64), ALLOW(gettimeofday), ALLOW(time),
        ALLOW(nanosleep), ALLOW(clock_nanosleep), ALLOW(clock_nanosleep_time64),
        ALLOW(fstat64), ALLOW(statx), ALLOW(_llseek), ALLOW(getrandom), ALLOW(restart_syscall),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
    };
    struct sock_fprog filter = { .len = sizeof rules / sizeof rules[0], .filter = rules };
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

// NAME PARENT DATAPORT…
int main(int count, char **arguments)
{
    instance = arguments[1];
    program_invocation_short_name = arguments[1];
    program_invocation_name = arguments[1];
    // Neither Ctrl-C in the lab's terminal nor the lab's end leaves it alone.
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != atoi(arguments[2])) {
        return 0;
    }
    dup2(STDOUT_FILENO, STDERR_FILENO);
    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    console = stdout;
    for (int i = 3; i < count; i++) {
        size_t name_bytes = strcspn(arguments[i], ":=");
        if (arguments[i][name_bytes] == ':') {
            set(arguments[i], name_bytes);
        } else {
            map(arguments[i]);
        }
    }
    tell_of_death();
    limit();
    confine();
    start_serving();
    vmlab_begin();
    control_ended = 1;
    for (;;) {
        turn();
    }
}
