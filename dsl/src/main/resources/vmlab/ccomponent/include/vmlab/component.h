// SPDX-License-Identifier: Apache-2.0
// What the code that is generated for a component's interfaces stands on. Not for components.
#pragma once

#include <stddef.h>

struct vmlab_thread;

struct vmlab_queue {
    struct vmlab_thread *first;
    struct vmlab_thread *last;
};

// Calls of an interface are an event whose callback is registered for ever.
struct vmlab_event {
    const char *name;
    struct vmlab_queue waiters;
    void (*callback)(void *);
    void *argument;
    // Made when the first callback is registered; parked while none is being run.
    struct vmlab_thread *thread;
    int parked;
};

struct vmlab_semaphore {
    int value;
    int most;
    struct vmlab_queue waiters;
};

struct vmlab_dataport {
    const char *name;
    void **pointer;
    size_t bytes;
    int id;
};

struct vmlab_attribute {
    const char *name;
    void (*set)(const char **words);
};

// All end with nothing.
extern struct vmlab_event *vmlab_events[];
extern struct vmlab_dataport vmlab_dataports[];
extern struct vmlab_attribute vmlab_attributes[];

// What the control thread does: pre_init, the interfaces' own beginnings, post_init, run.
void vmlab_begin(void);

void vmlab_emit(const char *event);
void vmlab_wait(struct vmlab_event *event);
int vmlab_poll(struct vmlab_event *event);
int vmlab_reg_callback(struct vmlab_event *event, void (*callback)(void *), void *argument);

// What is called: its words go between a beginning and an end, and come back one by one.
void vmlab_begin_call(const char *face, const char *method);
const char *vmlab_end_call(void);
const char *vmlab_take_call(const char *face);
void vmlab_begin_return(const char *face);
void vmlab_end_return(void);
void vmlab_put_number(long long value);
void vmlab_put_unsigned(unsigned long long value);
void vmlab_put_text(const char *text);
int vmlab_take_word(const char **words, const char *word);
unsigned long long vmlab_take_number(const char **words);
char *vmlab_take_text(const char **words);

int vmlab_semaphore_wait(struct vmlab_semaphore *semaphore);
int vmlab_semaphore_trywait(struct vmlab_semaphore *semaphore);
int vmlab_semaphore_post(struct vmlab_semaphore *semaphore);

size_t vmlab_dataport_bytes(const char *name);
void vmlab_putchar(int character);
