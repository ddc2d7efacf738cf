/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * work NAME: does one piece of work whose time scripts/bench measures, and prints its result, which is the same on every
 * correct machine.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static uint32_t seed = 1;

static uint32_t next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* Lines that gzip makes about a third of. */
static void text(void)
{
	for (int line = 0; line < 40000; line++) {
		for (int word = 0; word < 4; word++)
			printf("%c%s%u ", 'a' + next_random() % 26, word & 1 ? "tion" : "ing", next_random() % 1000);
		putchar('\n');
	}
}

static void sieve(void)
{
	enum { LIMIT = 1000000 };
	static char composite[LIMIT];
	int primes = 0;

	for (int round = 0; round < 6; round++) {
		memset(composite, 0, sizeof(composite));
		primes = 0;
		for (int i = 2; i < LIMIT; i++) {
			if (composite[i])
				continue;
			primes++;
			for (int j = 2 * i; j < LIMIT; j += i)
				composite[j] = 1;
		}
	}
	printf("%d\n", primes);
}

static void sort_numbers(uint32_t *low, uint32_t *high)
{
	while (low < high) {
		uint32_t pivot = low[(high - low) / 2], *left = low, *right = high;

		while (left <= right) {
			while (*left < pivot)
				left++;
			while (*right > pivot)
				right--;
			if (left <= right) {
				uint32_t swapped = *left;

				*left++ = *right;
				*right-- = swapped;
			}
		}
		sort_numbers(low, right);
		low = left;
	}
}

static void quicksort(void)
{
	enum { COUNT = 400000 };
	static uint32_t numbers[COUNT];
	uint32_t sum = 0;

	for (int i = 0; i < COUNT; i++)
		numbers[i] = next_random();
	sort_numbers(numbers, numbers + COUNT - 1);
	for (int i = 0; i < COUNT; i++)
		sum = sum * 31 + numbers[i];
	printf("%u\n", sum);
}

/* A walk through 1 MB in an order that caches don't foresee. */
static void list(void)
{
	enum { COUNT = 1 << 17 };
	static struct node { struct node *next; uint32_t value; } nodes[COUNT];
	struct node *at = nodes;
	uint32_t sum = 0;

	for (uint32_t i = 0; i < COUNT; i++) {
		nodes[i].value = i;
		nodes[i].next = &nodes[(i * 1664525 + 1013904223) % COUNT];
	}
	for (int step = 0; step < 24 * COUNT; step++, at = at->next)
		sum = sum * 31 + at->value;
	printf("%u\n", sum);
}

/*
 * A compiler for arithmetic in one letter's variables: characters to the code of a stack machine, constants folded. What it
 * has made is run once, so that the result shows whether it was right.
 */
enum op { PUSH, LOAD, ADD, SUBTRACT, MULTIPLY, END };

struct instruction { enum op op; uint32_t operand; };

static struct instruction code[4096];
static int code_length;
static const char *source;

static void emit(enum op op, uint32_t operand)
{
	struct instruction *left = code + code_length - 2, *right = left + 1;

	if (op >= ADD && op <= MULTIPLY && left->op == PUSH && right->op == PUSH) {
		left->operand = op == ADD ? left->operand + right->operand
			: op == SUBTRACT ? left->operand - right->operand : left->operand * right->operand;
		code_length--;
		return;
	}
	code[code_length++] = (struct instruction) { op, operand };
}

static void sum(void);

static void factor(void)
{
	while (*source == ' ')
		source++;
	if (*source == '(') {
		source++;
		sum();
		source++;
	} else if (isdigit(*source)) {
		uint32_t number = 0;

		while (isdigit(*source))
			number = number * 10 + (*source++ - '0');
		emit(PUSH, number);
	} else {
		emit(LOAD, *source++ - 'a');
	}
	while (*source == ' ')
		source++;
}

static void product(void)
{
	factor();
	while (*source == '*') {
		source++;
		factor();
		emit(MULTIPLY, 0);
	}
}

static void sum(void)
{
	product();
	while (*source == '+' || *source == '-') {
		enum op op = *source++ == '+' ? ADD : SUBTRACT;

		product();
		emit(op, 0);
	}
}

static uint32_t run(const uint32_t *variables)
{
	static uint32_t stack[256];
	uint32_t *top = stack;

	for (struct instruction *at = code;; at++) {
		switch (at->op) {
		case PUSH: *++top = at->operand; break;
		case LOAD: *++top = variables[at->operand]; break;
		case ADD: top--; top[0] += top[1]; break;
		case SUBTRACT: top--; top[0] -= top[1]; break;
		case MULTIPLY: top--; top[0] *= top[1]; break;
		case END: return *top;
		}
	}
}

static char *random_expression(char *to, int depth)
{
	uint32_t kind = next_random() % 8;

	if (depth == 0 || kind == 0)
		return to + sprintf(to, "%u", next_random() % 1000);
	if (kind == 1) {
		*to++ = 'a' + next_random() % 26;
		return to;
	}
	*to++ = '(';
	to = random_expression(to, depth - 1);
	*to++ = ' ';
	*to++ = "+-*"[next_random() % 3];
	*to++ = ' ';
	to = random_expression(to, depth - 1);
	*to++ = ')';
	return to;
}

static void compile(void)
{
	static char expressions[64][16384];
	uint32_t variables[26], result = 0;

	for (int i = 0; i < 26; i++)
		variables[i] = next_random();
	for (int i = 0; i < 64; i++)
		*random_expression(expressions[i], 9) = 0;
	for (int i = 0; i < 64 * 250; i++) {
		source = expressions[i % 64];
		code_length = 2;
		code[0].op = code[1].op = LOAD;
		code[0].operand = code[1].operand = 0;
		sum();
		emit(END, 0);
		result = result * 31 + run(variables);
	}
	printf("%u\n", result);
}

/* The Mandelbrot set and a series in 80 bits; the last bits of the sum are part of the result. */
static void x87(void)
{
	long double total = 0;
	uint64_t mantissa;
	int inside = 0;

	for (int y = 0; y < 96; y++) {
		for (int x = 0; x < 128; x++) {
			long double a = x / 48.0L - 2, b = y / 48.0L - 1, p = 0, q = 0;
			int n = 0;

			for (; n < 64 && p * p + q * q < 4; n++) {
				long double next = p * p - q * q + a;

				q = 2 * p * q + b;
				p = next;
			}
			inside += n == 64;
			total += p / (1 + q * q);
		}
	}
	for (int i = 1; i < 20000; i++)
		total += 1.0L / i / i;
	memcpy(&mantissa, &total, sizeof(mantissa));
	printf("%d %016llx\n", inside, (unsigned long long) mantissa);
}

static void fork_exec(void)
{
	int ended = 0;

	for (int i = 0; i < 100; i++) {
		int status;
		pid_t child = fork();

		if (child == 0) {
			execl("/usr/sbin/work", "work", "nothing", (char *) NULL);
			_exit(1);
		}
		ended += waitpid(child, &status, 0) == child && status == 0;
	}
	printf("%d\n", ended);
}

static void pipes(void)
{
	int there[2], back[2], rounds = 0;
	char octet = 0;

	if (pipe(there) || pipe(back))
		exit(1);
	if (fork() == 0) {
		close(there[1]);
		while (read(there[0], &octet, 1) == 1)
			if (write(back[1], &octet, 1) != 1)
				_exit(1);
		_exit(0);
	}
	while (rounds < 3000 && write(there[1], &octet, 1) == 1 && read(back[0], &octet, 1) == 1)
		rounds++;
	printf("%d\n", rounds);
}

static void system_calls(void)
{
	int zero = open("/dev/zero", O_RDONLY), octets = 0;
	char buffer[64];

	for (int i = 0; i < 20000; i++) {
		syscall(SYS_getppid);
		octets += read(zero, buffer, sizeof(buffer));
	}
	printf("%d\n", octets);
}

static void nothing(void)
{
}

int main(int argc, char *argv[])
{
	static const struct { const char *name; void (*work)(void); } works[] = {
		{ "text", text }, { "sieve", sieve }, { "quicksort", quicksort }, { "list", list }, { "compile", compile },
		{ "x87", x87 }, { "fork", fork_exec }, { "pipes", pipes }, { "calls", system_calls }, { "nothing", nothing },
	};

	for (size_t i = 0; argc == 2 && i < sizeof(works) / sizeof(works[0]); i++) {
		if (strcmp(argv[1], works[i].name) == 0) {
			works[i].work();
			return 0;
		}
	}
	fprintf(stderr, "work doesn't know what it shall do\n");
	return 2;
}
